/**
 * A room in which one peer is killed again and again: two seeds with a version each, a victim, and what must hold on the
 * victim's disk and in what it says, whatever happened to it.
 */
import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { catalogEntry, writeCatalog } from './catalogs.ts';
import { kib, makeGame, mib, sentinelText, type GameRoot, type GameSpec } from './games.ts';
import { PeerProcess, type HarnessEvent } from './peer.ts';
import { diffTrees, readTree, type Tree } from './trees.ts';

export const versions = ['1', '2'] as const;
export type Version = (typeof versions)[number];

export interface WorldOptions {
  /** An empty folder for everything. */
  readonly folder: string;
  readonly ids: readonly string[];
  /** What each seed gives away, in bytes a second, so that a download takes a while. */
  readonly uploadBytesPerSecond?: number;
}

const specOf = (id: string, version: Version): GameSpec => ({
  id,
  version,
  archives: [
    {
      entries: [
        { path: 'game.sh', text: `#!/bin/sh\necho ${version}\n`, executable: true },
        { path: 'data/level.pak', sizeBytes: 900 * kib, seed: `${id} level ${version}` },
        { path: 'data/same.pak', sizeBytes: 40 * kib, seed: `${id} same` },
        { path: `data/only in ${version}.pak`, sizeBytes: 3 * kib },
        { path: 'cfg/video.cfg', text: `video of ${version}\n` },
        { kind: 'directory', path: 'saves' },
      ],
    },
  ],
  loose: [
    { path: 'music.pak', sizeBytes: 9 * mib + 5, seed: `${id} music ${version}` },
    { path: 'same.pak', sizeBytes: mib, seed: `${id} both` },
    { path: `readme ${version}.txt`, text: `read me ${version}\n` },
    ...Array.from({ length: 8 }, (_, index) => ({ path: `small/file ${index}.dat`, sizeBytes: 2_000 + index })),
  ],
});

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
}

export class CrashWorld implements AsyncDisposable {
  readonly ids: readonly string[];
  readonly #folder: string;
  readonly #made = new Map<string, GameRoot>();
  readonly #seeds: PeerProcess[] = [];
  readonly #started: PeerProcess[] = [];
  wanted: Version = '1';

  /** Makes the games and starts the seeds. */
  static async open({ folder, ids, uploadBytesPerSecond }: WorldOptions): Promise<CrashWorld> {
    const world = new CrashWorld(folder, ids);
    for (const version of versions) {
      const name = `seed ${version}`;
      const gamesDir = join(folder, name, 'games');
      for (const id of ids) world.#made.set(`${id} ${version}`, await makeGame(gamesDir, specOf(id, version)));
      const seed = await world.#start(name, { gamesDir, version });
      if (uploadBytesPerSecond !== undefined)
        await seed.command('settings.set', { name: 'uploadLimitBytesPerSecond', value: uploadBytesPerSecond });
      world.#seeds.push(seed);
    }
    return world;
  }

  private constructor(folder: string, ids: readonly string[]) {
    this.#folder = folder;
    this.ids = ids;
  }

  get gamesDir(): string {
    return join(this.#folder, 'victim', 'games');
  }

  /** Everything of the victim: games, state, catalog. */
  get victimDir(): string {
    return join(this.#folder, 'victim');
  }

  rootOf(id: string): string {
    return join(this.gamesDir, id);
  }

  made(id: string, version: Version): GameRoot {
    const game = this.#made.get(`${id} ${version}`);
    if (!game) throw new Error(`there is no ${id} ${version}`);
    return game;
  }

  /** Starts the victim. It may be killed at a point by what `environment` says. */
  async victim(environment: Record<string, string> = {}): Promise<PeerProcess> {
    const peers = this.#seeds.flatMap(({ addresses }) => addresses);
    return await this.#start('victim', { gamesDir: this.gamesDir, version: this.wanted, peers, environment });
  }

  async #start(
    name: string,
    {
      gamesDir,
      version,
      peers = [],
      environment = {},
    }: { gamesDir: string; version: Version; peers?: string[]; environment?: Record<string, string> },
  ): Promise<PeerProcess> {
    await mkdir(gamesDir, { recursive: true });
    const catalog = join(this.#folder, name, 'catalog.json');
    await writeCatalog(
      catalog,
      this.ids.map((id) => catalogEntry(specOf(id, version), { keep: ['cfg/**'] })),
    );
    const stateDir = join(this.#folder, name, 'state');
    const peer = await PeerProcess.start({ name, gamesDir, stateDir, catalog, peers, environment });
    this.#started.push(peer);
    return peer;
  }

  /** What is wrong with one game's folder after a start has settled it; empty when nothing is. */
  async faultsOf(id: string, told: Told): Promise<string[]> {
    const root = this.rootOf(id);
    const faults: string[] = [];
    const names = existsSync(root) ? await readdir(root) : undefined;
    for (const name of names ?? []) if (name.startsWith('.')) faults.push(`${id}: ${name} is left`);
    if (names?.length === 0 && !told.isResumable) faults.push(`${id}: an empty root is left`);
    faults.push(...(await this.#sentinelFaults(id, told)), ...(await this.#localFaults(id, told)));
    return faults;
  }

  /** A sentinel only beside a payload that is whole. Holds at every moment. */
  async #sentinelFaults(id: string, { isSpoilt = false }: Told): Promise<string[]> {
    const root = this.rootOf(id);
    if (isSpoilt) return [];
    const text = await readFile(join(root, 'version.ini'), 'utf8').catch(() => undefined);
    if (text === undefined) return [];
    const version = versions.find((one) => sentinelText(one) === text);
    if (version === undefined) return [`${id}: the sentinel says ${JSON.stringify(text)}`];
    const reserved = (path: string): boolean => path === 'local' || path.startsWith('.');
    const here = await readTree(root, { ignore: reserved });
    return diffTrees(here, this.made(id, version).tree).map((line) => `${id}: payload of ${version}: ${line}`);
  }

  /** An install is that of one version, whole, with everything of the player's. */
  async #localFaults(id: string, { saves, isUninstalled = false }: Told): Promise<string[]> {
    const local = join(this.rootOf(id), 'local');
    if (!existsSync(local) && isUninstalled) return [];
    if (!existsSync(local)) return Object.keys(saves).map((path) => `${id}: the player's ${path} is gone`);
    const faults: string[] = [];
    for (const [path, text] of Object.entries(saves)) {
      const found = await readFile(join(local, path), 'utf8').catch(() => undefined);
      if (found !== text) faults.push(`${id}: the player's ${path} is ${found === undefined ? 'gone' : 'changed'}`);
    }
    const mine = new Set(Object.keys(saves).flatMap(withParents));
    const here = await readTree(local);
    const differences = versions.map((version) => {
      const wanted: Tree = this.made(id, version).installed;
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

  /** Puts files into an install as a player's game does. */
  async save(id: string, saves: Saves): Promise<void> {
    for (const [path, text] of Object.entries(saves)) {
      const target = join(this.rootOf(id), 'local', path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(`${target}.new`, text);
      await rename(`${target}.new`, target);
    }
  }

  async isInstalled(id: string): Promise<boolean> {
    const facts = await lstat(join(this.rootOf(id), 'local')).catch(() => undefined);
    return facts?.isDirectory() ?? false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#started.map((peer) => peer[Symbol.asyncDispose]()));
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function withParents(path: string): string[] {
  const paths = [path];
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) paths.push(folder);
  return paths;
}

const terminal = /^(?:download-(?:finished|failed|cancelled|paused|peers-gone)|[a-z]+-(?:finished|failed)|play-ended)$/;

/**
 * What is wrong with what a peer said: every operation that left the table is followed by exactly one terminal event of
 * its game before the next one of that game begins, and nothing else is terminal but a download's end amid an install.
 */
export function faultsInEvents(events: readonly HarnessEvent[], { isKilled }: { isKilled: boolean }): string[] {
  const faults: string[] = [];
  const running = new Map<string, string>();
  /** Left the table; the terminal event is due. */
  const due = new Map<string, string>();
  for (const event of events) {
    if (event.event === 'active-operations-changed') {
      const now = new Map(operationsOf(event));
      for (const [gameId, kind] of running) if (!now.has(gameId)) due.set(gameId, kind);
      for (const gameId of now.keys())
        if (!running.has(gameId) && due.delete(gameId))
          faults.push(`${gameId}: an operation began before the last one said how it ended`);
      running.clear();
      for (const [gameId, kind] of now) running.set(gameId, kind);
      continue;
    }
    if (!terminal.test(event.event)) continue;
    const gameId = String(event['gameId']);
    const isMilestone = event.event === 'download-finished' && running.has(gameId);
    if (!isMilestone && !due.delete(gameId)) faults.push(`${gameId}: ${event.event} ends nothing`);
    if (event['code'] === 'INTERNAL') faults.push(`${gameId}: ${JSON.stringify(event)}`);
  }
  if (!isKilled) for (const [gameId, kind] of due) faults.push(`${gameId}: ${kind} never said how it ended`);
  return faults;
}

function operationsOf(event: HarnessEvent): [string, string][] {
  const { operations } = event;
  if (!Array.isArray(operations)) throw new Error(`a malformed event: ${JSON.stringify(event)}`);
  return operations.map(({ gameId, kind }: { gameId: string; kind: string }) => [gameId, kind]);
}
