import type { ErrorCode, FileSystem, GameId, SafePath } from '../base/index.ts';

export type * from '../content/index.ts';

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

export interface ContentFile {
  readonly path: SafePath;
  readonly sizeBytes: number;
  readonly executable: boolean;
}

/** What a sender gives for a streamed install. Nothing of it is believed before it was checked. Disposing stops the sender. */
export interface IncomingContent extends AsyncDisposable {
  readonly entries: readonly {
    readonly path: string;
    readonly size: number;
    readonly kind: 'file' | 'directory';
    readonly executable?: boolean | undefined;
    /** A copy of the file of this path: no content comes for it. */
    readonly copyOf?: string | undefined;
  }[];
  /**
   * Writes the contents of all files but the copies below a folder that has nothing of their names, and flushes them. Answers
   * with the BLAKE3 of each as it was written, once the sender said that its archives are whole. Nothing is written any more
   * once it settles. Errors: the sender's refusal or verdict, `PEER_…`, `BAD_MESSAGE`, the disk's, `CANCELLED`.
   */
  pour(
    target: { readonly fileSystem: FileSystem; readonly folder: string; readonly files: readonly ContentFile[] },
    listener: { onBytes: (bytes: number) => void },
  ): Promise<readonly string[]>;
  /** BLAKE3 of each file as the sender read it, in the order of the entries, copies left out; whole after `pour`. */
  readonly hashes: readonly string[];
}

export interface ContentSender {
  readonly peerId: string;
  open(options: { signal: AbortSignal }): Promise<IncomingContent>;
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
