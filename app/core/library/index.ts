export { WorkerBlockHasher } from './block-hasher.ts';
export { openLibrary, type LibraryOptions } from './library.ts';
export { walkPayload, type Payload, type PayloadFile } from './payload.ts';
export { sentinelText, versionOfSentinel } from './sentinel.ts';
export type * from './types.ts';
