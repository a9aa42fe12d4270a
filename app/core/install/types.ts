import type { ErrorCode, GameId } from '../base/index.ts';
import type { ContentSender } from '../content/index.ts';

export interface InstallRequest {
  readonly gameId: GameId;
  /** Absolute game root. */
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
  /** Of the payload that it is unpacked from: what the unpacked size is held against. */
  readonly payloadBytes: number;
  /** The catalog's pin: see `installedRootOf`. */
  readonly installedRoot?: string;
}

export interface StreamedInstallListener {
  /** Of each sender that is tried. */
  onBegin(facts: { peerId: string; totalBytes: number }): void;
  onProgress(facts: { peerId: string; bytes: number; totalBytes: number }): void;
  /** The sender is given up; what came from it is deleted. */
  onSenderFailed(facts: { peerId: string; code: ErrorCode; message: string }): void;
}

export interface StreamedInstallResult {
  /** Who sent it. */
  readonly peerId: string;
  readonly installedRoot: string;
  /** What the tree is trusted by: the catalog's pin, or the sender's word alone. */
  readonly trust: 'pinned' | 'sender';
}
