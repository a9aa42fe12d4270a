/** The byte lane: TLS 1.3 over TCP in worker threads. */
export { changedMeanwhile, diskError } from './disk-errors.ts';
export { createTlsLane } from './tls/main/tls-lane.ts';
export type { LaneTraffic, Served, TlsLane, TlsLaneOptions } from './tls/main/types.ts';
export { createLibp2pLane, serveBlocks } from './control/libp2p-lane.ts';
export { createLibp2pStreamLane, serveLibp2pStreams } from './control/libp2p-stream.ts';
export type { Authorize, FetchRequest, FileWrite, Lane, ServePlan } from './types.ts';
export { chooseLanes, type Lanes } from './lane-choice.ts';
