/**
 * Makes room for a manifest's files in a game folder that already holds files. Lanspread's payload is overwritten or deleted.
 * Other files are set aside into `.local.conflict-<time>`, never deleted.
 */
import { basename, dirname, join } from 'node:path';
import { absolutePath, throwIfAborted, type FileStat, type FileSystem, type SignalOptions } from '../base/index.ts';
import type { Manifest } from '../protocol/index.ts';
import { deleteDirectoryIfEmpty, deleteKnown, foldersOf } from './discard.ts';
import type { KnownPayload } from './known-payload.ts';
import { forEachParallel } from '../base/index.ts';
import { layoutOf, sentinelTransientsOf } from './layout.ts';
import { freeAsideFolder } from './set-aside.ts';
import { statOf } from '../base/index.ts';

interface MakeWayOptions extends SignalOptions {
  readonly manifest: Manifest;
  readonly known: KnownPayload;
  /** Whether any block of this file of the manifest is present and sound. */
  readonly hasSoundBlock: (fileIndex: number) => boolean;
  /** Milliseconds since 1970; names the folder for files that are set aside. */
  readonly nowMs: number;
}

/** The owner of an entry where a manifest wants a file. */
type Obstacle = 'none' | 'ours' | 'foreign';

/** Whether the entry in a file's place may be overwritten. Pure. */
export function judgeFile(
  stat: Pick<FileStat, 'kind' | 'sizeBytes'> | undefined,
  { size, isKnown, hasSoundBlock }: { size: number; isKnown: boolean; hasSoundBlock: boolean },
): Obstacle {
  if (!stat) return 'none';
  if (stat.kind !== 'file') return isKnown ? 'ours' : 'foreign';
  // A file of this name that holds a block of the manifest, or has exactly its size, is a copy of it: whole, partial or
  // damaged. An empty file has nothing to lose.
  const isCopy = hasSoundBlock || stat.sizeBytes === size || stat.sizeBytes === 0;
  return isKnown || isCopy ? 'none' : 'foreign';
}

/** Returns the paths that were set aside. Errors: the file system's, `CANCELLED`. */
export async function makeWay(
  fileSystem: FileSystem,
  root: string,
  { manifest, known, hasSoundBlock, nowMs, signal }: MakeWayOptions,
): Promise<string[]> {
  const aside = new SettingAside(fileSystem, root, nowMs);
  // Parents come first, because a file of the old version may be a folder now.
  for (const folder of foldersOf(manifest).toReversed()) {
    throwIfAborted(signal);
    const absolute = absolutePath(root, folder);
    const stat = await statOf(fileSystem, absolute);
    if (!stat || stat.kind === 'directory') continue;
    if (known.hasFile(folder)) await fileSystem.deleteFile(absolute);
    else await aside.move(folder);
  }
  await forEachParallel(
    manifest.files,
    async ({ path, size }, index) => {
      const absolute = absolutePath(root, path);
      const stat = await statOf(fileSystem, absolute);
      if (stat?.kind === 'directory') {
        await clearFolder(fileSystem, root, { path, known });
        if (await statOf(fileSystem, absolute)) await aside.move(path);
        return;
      }
      const isKnown = known.hasFile(path);
      const obstacle = judgeFile(stat, { size, isKnown, hasSoundBlock: hasSoundBlock(index) });
      if (obstacle === 'ours') await fileSystem.deleteFile(absolute);
      else if (obstacle === 'foreign') await aside.move(path);
    },
    { signal },
  );
  return aside.moved;
}

/**
 * Sets aside folders that have the names of the sentinel and its temporary files. They do not belong to Lanspread, and no
 * sentinel could be written in their place. Returns the names. Errors: the file system's.
 */
export async function clearSentinelNames(
  fileSystem: FileSystem,
  root: string,
  { nowMs }: Pick<MakeWayOptions, 'nowMs'>,
): Promise<string[]> {
  const aside = new SettingAside(fileSystem, root, nowMs);
  const layout = layoutOf(root);
  for (const path of [layout.sentinel, ...sentinelTransientsOf(layout)])
    if ((await statOf(fileSystem, path))?.kind === 'directory') await aside.move(basename(path));
  return aside.moved;
}

/** Deletes Lanspread's files in a folder where the manifest wants a file, and the folder itself if it is then empty. */
async function clearFolder(
  fileSystem: FileSystem,
  root: string,
  { path, known }: { path: string; known: KnownPayload },
): Promise<void> {
  await deleteKnown(
    fileSystem,
    root,
    known.paths().filter((one) => one.startsWith(`${path}/`)),
  );
  await deleteDirectoryIfEmpty(fileSystem, join(root, path));
}

/** Moves obstacles, with their paths, into one folder that is created when first needed. */
class SettingAside {
  readonly moved: string[] = [];
  readonly #fileSystem: FileSystem;
  readonly #root: string;
  readonly #nowMs: number;
  #folder: Promise<string> | undefined;

  constructor(fileSystem: FileSystem, root: string, nowMs: number) {
    this.#fileSystem = fileSystem;
    this.#root = root;
    this.#nowMs = nowMs;
  }

  async move(path: string): Promise<void> {
    const fileSystem = this.#fileSystem;
    const target = join(await (this.#folder ??= freeAsideFolder(fileSystem, this.#root, this.#nowMs)), path);
    await fileSystem.makeDirectory(dirname(target), { within: this.#root });
    await fileSystem.rename(join(this.#root, path), target);
    await fileSystem.syncDirectory(this.#root);
    this.moved.push(path);
  }
}
