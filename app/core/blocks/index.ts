export { stopKindOf, stopReason } from './stop.ts';
export { createTransfer, type ResumableDownload, type Transfer } from './transfer.ts';
export type * from './types.ts';
