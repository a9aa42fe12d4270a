export { createOperations, type Operations, type OperationsOptions } from './operations.ts';
export type { DownloadListStore } from './download-list.ts';
export type { EmitOperationEvent, OperationEventMessage } from './events.ts';
export type { Failure, GameView, Resumable } from './games-view.ts';
export type { InstallPort, PlayPort, TransferPort } from './ports.ts';
export type { GamesPatch } from './snapshot.ts';
export { operationKinds, type OperationKind } from './table.ts';
