export { createTlsLane, type LaneTraffic, type TlsLane } from './lane/index.ts';
export type {
  IncomingStream,
  OpenPayload,
  ContentSection,
  PayloadContent,
  ServeStream,
  StreamSender,
  StreamSenders,
} from './stream/index.ts';
export { stopKindOf, stopReason } from './stop.ts';
export { createTransfer, type ResumableDownload, type Transfer, type TransferOptions } from './transfer.ts';
export type * from './types.ts';
