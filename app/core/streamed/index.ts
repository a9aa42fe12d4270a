export { findSenders, type StreamLaneChoice } from './receive/senders.ts';
export { createStreamServer } from './send/serve-stream.ts';
export type * from './types.ts';
export { ContentFramer, messageFrame, type SectionSizes } from './frames.ts';
export { pourBytes, pouring } from './receive/content-writer.ts';
export { receiveStream } from './receive/receive-stream.ts';
