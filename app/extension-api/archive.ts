/** The archive that a call is about. It can be read while the call lasts. */
export interface Archive {
  /** The file's name, without its folder. */
  readonly name: string;
  /** Of the first file. */
  readonly sizeBytes: number;
  /** The names of all its files, this one first; more than one when it is cut into volumes. */
  readonly volumes: readonly string[];
  /**
   * Up to `length` bytes from `offset`, at most 1 MiB; fewer at the end of the file. `volume` is an index into `volumes`,
   * 0 when left out.
   */
  read(offset: number, length: number, volume?: number): Promise<Uint8Array>;
}

export interface Entry {
  /** Relative, with forward slashes. The host refuses paths that lead outside or are impossible on some system. */
  path: string;
  /** Of a file, unpacked; the host holds the content to it. */
  sizeBytes: number;
  /**
   * Only files and directories are installed. In the place of a link comes a copy of what it points at; an archive with
   * `other` things, such as devices, is refused.
   */
  kind: 'file' | 'directory' | 'symlink' | 'hardlink' | 'other';
  executable?: boolean;
  /**
   * Of a link: where it leads, as the archive has it, from the link's folder on, for a `hardlink` from the top of the
   * archive. Without it, and when it leads nowhere or outside, the link is left out. A plan leaves links out.
   */
  target?: string;
  /** Needs a password: the archive is refused and the player told why. */
  encrypted?: boolean;
  /** Bytes inside the archive, where it tells. */
  packedBytes?: number;
  /**
   * Unpacking can begin here at no cost: nothing before it is needed. Of a solid block that is so of the first file alone.
   * An unpacker that says so understands a `Selection`; large archives are then unpacked from several places at once.
   */
  startsBlock?: boolean;
}

/**
 * Takes the content of an archive, in the order of its listing. The host checks every path and size and writes; nothing
 * is written once the call was aborted.
 */
export interface Sink {
  /** Of the listing: the next entry that was not given yet. */
  directory(path: string): Promise<void>;
  /**
   * Of the listing: the next entry that was not given yet. The content has exactly the size listed; pieces may have any
   * length. Resolves when the host has taken all of it, and asks for the next piece only when it took the one before.
   */
  file(path: string, content: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void>;
}
