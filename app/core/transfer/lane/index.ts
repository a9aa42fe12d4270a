/** The byte lane: TLS 1.3 over TCP in worker threads. */
export { changedMeanwhile, diskError } from './disk-errors.ts';
export { createTlsLane } from './tls-lane.ts';
export type { LaneTraffic, Served, TlsLane, TlsLaneOptions } from './types.ts';
