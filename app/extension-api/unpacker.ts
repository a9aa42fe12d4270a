import type { Archive, Entry } from './archive.ts';
import type { Call } from './call.ts';
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
