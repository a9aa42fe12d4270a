export { createLibp2pStreamLane, serveLibp2pStreams } from './libp2p-stream.ts';
export { findSenders, type StreamLaneChoice } from './senders.ts';
export { createStreamServer } from './serve-stream.ts';
export type * from './types.ts';
