/** What must hold in a game root of a PC that is killed, filled up and unplugged, whatever happened to it. */
import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sentinelText, type GameRoot } from './games.ts';
import { diffTrees, readTree, type Tree } from './trees.ts';

export const versions = ['1', '2'] as const;
export type Version = (typeof versions)[number];

/** Folders and files that a player puts into an install. */
export interface Saves {
  readonly [path: string]: string;
}

/** What is known of a game beside its files. */
export interface Told {
  readonly saves: Saves;
  /** The game was told to be uninstalled: the install with all that is in it may be gone, but never half. */
  readonly isUninstalled?: boolean;
  /** The test itself spoilt the payload, and nothing has made it whole since. */
  readonly isSpoilt?: boolean;
  /** A broken-off download may have a root with nothing in it yet. */
  readonly isResumable?: boolean;
  /** The database was lost: what Lanspread made can no longer be told from what the player did, and is set aside or left. */
  readonly isInventoryLost?: boolean;
}

export interface RootInvariantsOptions {
  readonly gamesDir: string;
  /** The game as it was made. */
  readonly made: (id: string, version: Version) => GameRoot;
}

/** One PC's games folder. */
export class RootInvariants {
  readonly #gamesDir: string;
  readonly #made: (id: string, version: Version) => GameRoot;

  constructor({ gamesDir, made }: RootInvariantsOptions) {
    this.#gamesDir = gamesDir;
    this.#made = made;
  }

  rootOf(id: string): string {
    return join(this.#gamesDir, id);
  }

  /** What is wrong with one game's folder after a start has settled it; empty when nothing is. */
  async faultsOf(id: string, told: Told): Promise<string[]> {
    const root = this.rootOf(id);
    const faults: string[] = [];
    const names = existsSync(root) ? await readdir(root) : undefined;
    for (const name of names ?? [])
      if (name.startsWith('.') && !(told.isInventoryLost && name.startsWith('.local.conflict-')))
        faults.push(`${id}: ${name} is left`);
    // Without a journal nobody knows that an empty folder is what a download began with.
    if (names?.length === 0 && !told.isResumable && !told.isInventoryLost) faults.push(`${id}: an empty root is left`);
    faults.push(...(await this.#sentinelFaults(id, told)), ...(await this.#localFaults(id, told)));
    return faults;
  }

  /** A sentinel only beside a payload that is whole. Holds at every moment. */
  async #sentinelFaults(id: string, { isSpoilt = false, isInventoryLost = false }: Told): Promise<string[]> {
    const root = this.rootOf(id);
    if (isSpoilt) return [];
    const text = await readFile(join(root, 'version.ini'), 'utf8').catch(() => undefined);
    if (text === undefined) return [];
    const version = versions.find((one) => sentinelText(one) === text);
    if (version === undefined) return [`${id}: the sentinel says ${JSON.stringify(text)}`];
    const reserved = (path: string): boolean => path === 'local' || path.startsWith('.');
    const here = await readTree(root, { ignore: reserved });
    return diffTrees(here, this.#made(id, version).tree)
      .filter((line) => !(isInventoryLost && line.startsWith('+ extra ')))
      .map((line) => `${id}: payload of ${version}: ${line}`);
  }

  /** An install is that of one version, whole, with everything of the player's. */
  async #localFaults(id: string, { saves, isUninstalled = false, isInventoryLost = false }: Told): Promise<string[]> {
    const local = join(this.rootOf(id), 'local');
    if (!existsSync(local) && isUninstalled) return [];
    if (!existsSync(local)) return Object.keys(saves).map((path) => `${id}: the player's ${path} is gone`);
    const faults: string[] = [];
    for (const [path, text] of Object.entries(saves)) {
      const found = await readFile(join(local, path), 'utf8').catch(() => undefined);
      if (found !== text) faults.push(`${id}: the player's ${path} is ${found === undefined ? 'gone' : 'changed'}`);
    }
    if (isInventoryLost) return faults;
    const mine = new Set(Object.keys(saves).flatMap(withParents));
    const here = await readTree(local);
    const differences = versions.map((version) => {
      const wanted: Tree = this.#made(id, version).installed;
      return diffTrees(
        here.filter(({ path }) => !mine.has(path)),
        wanted.filter(({ path }) => !mine.has(path)),
      );
    });
    const least = differences.toSorted((a, b) => a.length - b.length)[0] ?? [];
    return [...faults, ...least.slice(0, 8).map((line) => `${id}: local: ${line}`)];
  }

  /** Before anybody recovers: nothing of the player's may be gone, wherever it lies now. */
  async lossesOf(id: string, told: Told): Promise<string[]> {
    const root = this.rootOf(id);
    const faults = await this.#sentinelFaults(id, told);
    if (told.isUninstalled) return faults;
    const { saves } = told;
    for (const [path, text] of Object.entries(saves)) {
      const places = ['local', '.local.backup'].map((folder) => join(root, folder, path));
      const found = await Promise.all(places.map((place) => readFile(place, 'utf8').catch(() => undefined)));
      if (!found.includes(text)) faults.push(`${id}: the player's ${path} is nowhere`);
    }
    return faults;
  }

  /** Puts files into an install as a player's game does. False: the disk is full, and what was there is there. */
  async save(id: string, saves: Saves): Promise<boolean> {
    for (const [path, text] of Object.entries(saves)) {
      const target = join(this.rootOf(id), 'local', path);
      try {
        await mkdir(dirname(target), { recursive: true });
        await writeFile(`${target}.new`, text);
        await rename(`${target}.new`, target);
      } catch (error) {
        if (Reflect.get(Object(error), 'code') !== 'ENOSPC') throw error;
        await rm(`${target}.new`, { force: true });
        return false;
      }
    }
    return true;
  }

  async isInstalled(id: string): Promise<boolean> {
    const facts = await lstat(join(this.rootOf(id), 'local')).catch(() => undefined);
    return facts?.isDirectory() ?? false;
  }
}

function withParents(path: string): string[] {
  const paths = [path];
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) paths.push(folder);
  return paths;
}
