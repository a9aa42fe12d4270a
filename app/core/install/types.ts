import type { GameId } from '../base/index.ts';

export interface ArchiveEntry {
  /** As the archive has it; the host applies the path rules. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly kind: 'file' | 'directory' | 'symlink';
  readonly executable?: boolean;
  /** Bytes inside the archive, where it tells: for the bomb limits. */
  readonly packedBytes?: number;
  readonly encrypted?: boolean;
}

export interface UnpackOptions {
  signal: AbortSignal;
  /** Unpacked bytes so far. */
  onProgress?: (unpackedBytes: number) => void;
}

/**
 * Opens archives. One implementation per kind of tool; the extension host puts extensions behind it. Errors:
 * `ARCHIVE_CORRUPT`, `ARCHIVE_ENCRYPTED`, `UNPACKER_FAILED`, `DISK_FULL`, `CANCELLED`.
 */
export interface Unpacker {
  readonly id: string;
  /** 0: no; 100: mine. Looks at the first bytes and the name. */
  probe(archive: { path: string; head: Uint8Array }): number;
  list(archivePath: string, options: { signal: AbortSignal }): Promise<ArchiveEntry[]>;
  /** Unpacks everything into an existing empty folder. When aborted, the tool is dead before it rejects. */
  extract(archivePath: string, destination: string, options: UnpackOptions): Promise<void>;
}

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
