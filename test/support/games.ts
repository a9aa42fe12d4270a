/** Sample games: told as data, made on disk, with what an install of them has to yield. */
import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { flipByte, writeArchive, type ArchiveFormat } from './archives.ts';
import { fixedMtime, writeEntries, type Entry } from './entries.ts';
import { oddEntries } from './odd-names.ts';
import { readTree, treeOfEntries, type Tree } from './trees.ts';

export const kib = 1024;
export const mib = 1024 * kib;
/** The size of a block on the wire. */
export const blockBytes = 4 * mib;

export interface ArchiveSpec {
  readonly entries: readonly Entry[];
  /** Default: rar5. */
  readonly format?: ArchiveFormat;
  /** Default: `<id>.eti`. */
  readonly name?: string;
}

export interface GameSpec {
  readonly id: string;
  readonly title?: string;
  /** Default: `1.0`. */
  readonly version?: string;
  /** Equal seeds give equal bytes. Default: id and version. */
  readonly seed?: string;
  /** Archives of the payload. */
  readonly archives?: readonly ArchiveSpec[];
  /** Loose files of the payload. */
  readonly loose?: readonly Entry[];
  /** Leaves out `version.ini`: a root that is not downloaded. */
  readonly withoutSentinel?: boolean;
}

/** A game root on disk: `<gamesDir>/<id>` with its payload and, written last, its sentinel. */
export interface GameRoot {
  readonly id: string;
  readonly version: string;
  readonly root: string;
  /** Everything in the root as it was made, sentinel included. */
  readonly tree: Tree;
  /** What an install has to yield in `local/`: the archives' content and the loose files. */
  readonly installed: Tree;
  readonly payloadBytes: number;
}

export function versionOf({ version = '1.0' }: GameSpec): string {
  return version;
}

export function seedOfGame(spec: GameSpec): string {
  return spec.seed ?? `${spec.id} ${versionOf(spec)}`;
}

export function sentinelText(version: string): string {
  return `version = ${version}\n`;
}

/** Makes the game below `gamesDir`. Fails when its root exists. */
export async function makeGame(gamesDir: string, spec: GameSpec): Promise<GameRoot> {
  const { id, archives = [], loose = [], withoutSentinel = false } = spec;
  const [version, seed] = [versionOf(spec), seedOfGame(spec)];
  const root = join(gamesDir, id);
  await mkdir(gamesDir, { recursive: true });
  await mkdir(root);
  for (const { entries, format = 'rar5', name = `${id}.eti` } of archives) {
    const path = join(root, name);
    await writeArchive(path, entries, { format, seed });
    await utimes(path, fixedMtime, fixedMtime);
  }
  await writeEntries(root, loose, seed);
  if (!withoutSentinel) await writeSentinel(root, version);
  const tree = await readTree(root);
  return { id, version, root, tree, installed: installedTree(spec), payloadBytes: payloadBytesOf(tree) };
}

/** Makes a root count as downloaded, as the last thing. */
export async function writeSentinel(root: string, version: string): Promise<void> {
  const path = join(root, 'version.ini');
  await writeFile(path, sentinelText(version), { flag: 'wx' });
  await utimes(path, fixedMtime, fixedMtime);
}

/** What `local/` has to hold after an install, told from the description alone. */
export function installedTree(spec: GameSpec): Tree {
  const { archives = [], loose = [] } = spec;
  return treeOfEntries([...loose, ...archives.flatMap(({ entries }) => entries)], seedOfGame(spec));
}

export function payloadBytesOf(tree: Tree): number {
  return tree.reduce((sum, { path, sizeBytes }) => sum + (path === 'version.ini' ? 0 : sizeBytes), 0);
}

/**
 * Spoils one byte in every block of the game's files and puts size and modification time back, as a failing disk or a
 * liar would: whoever remembered the hashes has no way to see it but to hash again.
 */
export async function spoilEveryBlock(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    const path = join(root, name);
    const facts = await stat(path);
    if (!facts.isFile() || name === 'version.ini') continue;
    for (let offset = 0; offset < facts.size; offset += blockBytes)
      await flipByte(path, offset + Math.min(7, facts.size - offset - 1));
    await utimes(path, fixedMtime, fixedMtime);
  }
}

/** A game of one RAR that installs a few files, an executable and an empty folder among them. */
export function smallGame(id: string, overrides: Partial<GameSpec> = {}): GameSpec {
  const entries: Entry[] = [
    { path: 'game.sh', text: '#!/bin/sh\nexec sleep 600\n', executable: true },
    { path: 'data/level 1.pak', sizeBytes: 700 * kib + 13 },
    { path: 'data/level 2.pak', sizeBytes: 5 * mib + 1 },
    { path: 'data/zero.bin', sizeBytes: 0 },
    { kind: 'directory', path: 'saves' },
  ];
  return { id, archives: [{ entries }], ...overrides };
}

/** A game that is one large file of seeded bytes, `<id>.eti`: for transfers, not for installing. */
export function bulkGame(id: string, sizeBytes: number, overrides: Partial<GameSpec> = {}): GameSpec {
  return { id, loose: [{ path: `${id}.eti`, sizeBytes }], ...overrides };
}

/** The sizes at which block arithmetic goes wrong. */
export function edgeSizesGame(id: string): GameSpec {
  return {
    id,
    loose: [
      { path: `${id}.eti`, sizeBytes: 0 },
      { path: 'empty.bin', sizeBytes: 0 },
      { path: 'one byte.bin', sizeBytes: 1 },
      { path: 'a block less one.bin', sizeBytes: blockBytes - 1 },
      { path: 'exactly a block.bin', sizeBytes: blockBytes },
      { path: 'a block and one.bin', sizeBytes: blockBytes + 1 },
      { path: 'two blocks.bin', sizeBytes: 2 * blockBytes },
      { path: 'zeros.bin', sizeBytes: 3 * blockBytes, sparse: true },
      { path: 'folder/empty.bin', sizeBytes: 0 },
    ],
  };
}

/** Nested files with odd names, loose and inside the archive. */
export function oddGame(id: string): GameSpec {
  return { id, loose: oddEntries('loose/'), archives: [{ entries: oddEntries() }] };
}

/** Many small files of slightly different sizes, 100 to a folder. */
export function manyFilesGame(id: string, count: number, sizeBytes = 16 * kib): GameSpec {
  const loose = Array.from({ length: count }, (_, index) => ({
    path: `part ${String(Math.floor(index / 100)).padStart(3, '0')}/file ${String(index).padStart(5, '0')}.dat`,
    sizeBytes: sizeBytes + (index % 7),
  }));
  return { id, loose };
}
