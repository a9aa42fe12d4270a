export { stopKindOf, stopReason } from './stop.ts';
export { createTransfer, type ResumableDownload, type Transfer, type TransferOptions } from './transfer.ts';
export type * from './types.ts';
