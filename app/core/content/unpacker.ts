/** The port of everything that opens archives. */

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

export interface ExtractOptions {
  signal: AbortSignal;
  /** Sum of the listing's sizes, where the caller knows it: progress is told in parts of it. */
  totalBytes?: number;
  /** Unpacked bytes so far; never decreases. */
  onProgress?: (unpackedBytes: number) => void;
}

export interface ListOptions {
  signal: AbortSignal;
  /** The catalog pins the game: its archives may unpack to however much they like. */
  isPinned?: boolean;
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
  extract(archivePath: string, destination: string, options: ExtractOptions): Promise<void>;
  /**
   * The content without a disk: every entry in the archive's order, each file followed by exactly its `sizeBytes`, in
   * pieces that are valid only until the next item is asked for. Nothing is read ahead of the caller by more than a
   * pipe holds. It ends well only when the tool found the whole archive sound; content of another size than listed is
   * `ARCHIVE_CORRUPT`, an entry that is neither file nor folder `ARCHIVE_HOSTILE`. When aborted, and when the caller
   * stops asking (`return`), the tool is dead before it settles.
   */
  stream(archivePath: string, options: StreamOptions): AsyncIterable<EntryStreamItem>;
}
