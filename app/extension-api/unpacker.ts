import type { Call } from './context.ts';
import type { Plan, ToolRunner } from './tools.ts';

/** Opens one kind of archive. */
export interface Unpacker {
  /**
   * How surely this archive is of the kind: 0 is no, 100 is mine. From 50 on the file is unpacked; below it is taken for
   * data of the game that happens to look like an archive. Asked only when the manifest's `match` fits; has 2 seconds.
   */
  probe(archive: Archive, call: Call): Promise<number>;
  /** Every entry, in the order in which the archive holds them. May take as long as it tells progress. */
  list(archive: Archive, call: UnpackCall): Promise<readonly Entry[]>;
  /**
   * How the host gets the content out. `install`: into a folder. `stream`: one file after the other, in the order of
   * the listing, with no disk in between; a plan with the output `destination` is of no use there. A `selection` comes only
   * with `stream`, and only where the listing has entries that `startsBlock`.
   */
  plan(archive: Archive, mode: 'install' | 'stream', call: UnpackCall, selection?: Selection): Promise<Plan>;
}

/** Some of an archive's files: no other content is wanted. They follow each other in the listing. */
export interface Selection {
  /** As `list` gave them, in its order. */
  readonly paths: readonly string[];
  /** The name of a file in the working directory of the plan's tools: the paths, one a line, in UTF-8. */
  readonly listFile: string;
}

/** What `list` and `plan` get: tools can be run. */
export interface UnpackCall extends Call, ToolRunner {}

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
   * archive. Without it, and when it leads outside, the archive is refused. A plan leaves links out.
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
