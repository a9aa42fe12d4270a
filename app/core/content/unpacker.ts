/** The port for everything that opens archives. */

export interface ArchiveEntry {
  /** The path as the archive has it; the host applies the path rules. */
  readonly path: string;
  readonly sizeBytes: number;
  /** `other`: devices, pipes, deletions, alternate streams. Only files and folders are ever installed; see `settleLinks`. */
  readonly kind: 'file' | 'directory' | 'symlink' | 'hardlink' | 'other';
  readonly executable?: boolean;
  /** The target of a link, as the archive has it. */
  readonly target?: string;
  /** The packed size, where the archive gives it: for the bomb limits. */
  readonly packedBytes?: number;
  readonly encrypted?: boolean;
  /** Unpacking can begin here at no extra cost, so `stream` takes a part of the archive from here. */
  readonly startsBlock?: boolean;
}

/** A file that is installed as a copy of another one; links become such copies. */
export interface EntryCopy {
  readonly path: string;
  /** The path of a file of the same archive. */
  readonly from: string;
  readonly sizeBytes: number;
  readonly executable?: boolean;
}

export interface ExtractOptions {
  signal: AbortSignal;
  /** The sum of the listed sizes, where the caller knows it: progress is measured against it. */
  totalBytes?: number;
  /** Unpacked bytes so far; never decreases. */
  onProgress?: (unpackedBytes: number) => void;
}

export interface ListOptions {
  signal: AbortSignal;
  /** The catalog pins the game, so its archives may unpack to any size. */
  isPinned?: boolean;
}

export interface StreamOptions {
  signal: AbortSignal;
  /** The result of `list` for this archive, without its links: these sizes divide the stream. */
  entries: readonly ArchiveEntry[];
  /** `entries` are only a stretch: from one that `startsBlock` (or the first) up to another such one (or the end). */
  isPart?: boolean;
}

/** A part of an archive's content: first the entry, then, for a file, its bytes. */
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
   * 0: cannot open it; 100: made for it. Looks at the first bytes (`probeHeadBytes`, or the whole of a shorter file)
   * and the name. From 50 on the file counts as an archive to unpack, below that as game data that only looks like one.
   */
  probe(archive: { path: string; head: Uint8Array }, options: { signal: AbortSignal }): number | Promise<number>;
  /** Every entry, in the archive's order. */
  list(archivePath: string, options: ListOptions): Promise<ArchiveEntry[]>;
  /**
   * Unpacks everything into an existing folder that has no entry's name in it. When aborted, the tool is dead before it
   * rejects.
   */
  extract(archivePath: string, destination: string, options: ExtractOptions): Promise<void>;
  /**
   * Unpacks without a disk: every entry in the archive's order, each file followed by exactly its `sizeBytes`. A chunk
   * is valid only until the next item is requested. It reads at most a pipe's buffer ahead of the caller. It ends
   * without an error only if the tool found the whole archive sound. Content of another size than listed is
   * `ARCHIVE_CORRUPT`, an entry that is neither file nor folder `ARCHIVE_HOSTILE`. When aborted, and when the caller
   * stops (`return`), the tool is dead before it settles.
   */
  stream(archivePath: string, options: StreamOptions): AsyncIterable<EntryStreamItem>;
}
