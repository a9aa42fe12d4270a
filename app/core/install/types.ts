import type { ErrorCode, GameId } from '../base/index.ts';
import type { ContentSender } from '../content/index.ts';

export interface InstallRequest {
  readonly gameId: GameId;
  /** The absolute path of the game folder. */
  readonly root: string;
  readonly version: string;
}

export interface InstallListener {
  onBegin(facts: { totalBytes: number | undefined }): void;
  onProgress(facts: { bytes: number; totalBytes: number | undefined }): void;
}

export interface StreamedInstallRequest extends InstallRequest {
  /** Best first. */
  readonly senders: readonly ContentSender[];
  /** The size of the packed payload: the unpacked size is checked against it. */
  readonly payloadBytes: number;
  /** The catalog's pin: see `installedRootOf`. */
  readonly installedRoot?: string;
}

export interface StreamedInstallListener {
  /** Called for each sender that is tried. */
  onBegin(facts: { peerId: string; totalBytes: number }): void;
  onProgress(facts: { peerId: string; bytes: number; totalBytes: number }): void;
  /** The sender is given up; its files are deleted. */
  onSenderFailed(facts: { peerId: string; code: ErrorCode; message: string }): void;
}

export interface StreamedInstallResult {
  /** The peer that sent it. */
  readonly peerId: string;
  readonly installedRoot: string;
  /** Why the tree is trusted: the catalog's pin, or only the sender's word. */
  readonly trust: 'pinned' | 'sender';
}
