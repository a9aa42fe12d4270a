import type { ErrorCode, FileSystem, GameId, SafePath } from '../base/index.ts';

export interface ArchiveEntry {
  /** As the archive has it; the host applies the path rules. */
  readonly path: string;
  readonly sizeBytes: number;
  /** `other`: devices, pipes, deletions, alternate streams. Only files and folders are ever installed; see `settleLinks`. */
  readonly kind: 'file' | 'directory' | 'symlink' | 'hardlink' | 'other';
  readonly executable?: boolean;
  /** Of a link: what it points at, as the archive has it. */
  readonly target?: string;
  /** Bytes inside the archive, where it tells: for the bomb limits. */
  readonly packedBytes?: number;
  readonly encrypted?: boolean;
  /** Unpacking can begin here at no cost, and `stream` takes a part of the archive that does. */
  readonly startsBlock?: boolean;
}

/** A file that is installed as the copy of another one: what a link has become. */
export interface EntryCopy {
  readonly path: string;
  /** The path of a file of the same archive. */
  readonly from: string;
  readonly sizeBytes: number;
  readonly executable?: boolean;
}

export interface UnpackOptions {
  signal: AbortSignal;
  /** Sum of the listing's sizes, where the caller knows it: progress is told in parts of it. */
  totalBytes?: number;
  /** Unpacked bytes so far; never decreases. */
  onProgress?: (unpackedBytes: number) => void;
}

export interface ListOptions {
  signal: AbortSignal;
}

export interface StreamOptions {
  signal: AbortSignal;
  /** What `list` said of this archive, without its links: the stream is cut by these sizes. */
  entries: readonly ArchiveEntry[];
  /** They are only some that follow each other, from one that `startsBlock` (or the first) up to such a one (or the end). */
  isPart?: boolean;
}

/** A piece of an archive's content: first the entry, then, for a file, its bytes. */
export type EntryStreamItem =
  | { readonly kind: 'entry'; readonly entry: ArchiveEntry }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array };

/**
 * Opens archives. One implementation per kind of tool; the extension host puts extensions behind it. Errors:
 * `ARCHIVE_CORRUPT`, `ARCHIVE_ENCRYPTED`, `UNPACKER_FAILED`, `DISK_FULL`, `CANCELLED`.
 */
export interface Unpacker {
  readonly id: string;
  /**
   * 0: no; 100: mine. Looks at the first bytes (`probeHeadBytes`, or the whole of a shorter file) and the name. From 50
   * on the file counts as an archive to unpack, below it as game data that happens to look like one.
   */
  probe(archive: { path: string; head: Uint8Array }, options: { signal: AbortSignal }): number | Promise<number>;
  /** Every entry, in the archive's order. */
  list(archivePath: string, options: ListOptions): Promise<ArchiveEntry[]>;
  /**
   * Unpacks everything into an existing folder in which nothing has the name of an entry. When aborted, the tool is dead
   * before it rejects.
   */
  extract(archivePath: string, destination: string, options: UnpackOptions): Promise<void>;
  /**
   * The content without a disk: every entry in the archive's order, each file followed by exactly its `sizeBytes`, in
   * pieces that are valid only until the next item is asked for. Nothing is read ahead of the caller by more than a
   * pipe holds. It ends well only when the tool found the whole archive sound; content of another size than listed is
   * `ARCHIVE_CORRUPT`, an entry that is neither file nor folder `ARCHIVE_HOSTILE`. When aborted, and when the caller
   * stops asking (`return`), the tool is dead before it settles.
   */
  stream(archivePath: string, options: StreamOptions): AsyncIterable<EntryStreamItem>;
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
