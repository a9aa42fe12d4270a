/**
 * A room in which one peer is killed again and again: two seeds with a version each, a victim, and what must hold on the
 * victim's disk and in what it says, whatever happened to it.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { catalogEntry, writeCatalog } from './catalogs.ts';
import { crashGame } from './crash-game.ts';
import { makeGame, type GameRoot } from './games.ts';
import { PeerProcess } from './peer.ts';
import { RootInvariants, versions, type Version } from './root-invariants.ts';

export { faultsInEvents } from './event-faults.ts';
export type { Saves, Told, Version } from './root-invariants.ts';

export interface WorldOptions {
  /** An empty folder for everything. */
  readonly folder: string;
  readonly ids: readonly string[];
  /** What each seed gives away, in bytes a second, so that a download takes a while. */
  readonly uploadBytesPerSecond?: number;
}

export class CrashWorld implements AsyncDisposable {
  readonly ids: readonly string[];
  /** The victim's. */
  readonly roots: RootInvariants;
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
      for (const id of ids) world.#made.set(`${id} ${version}`, await makeGame(gamesDir, crashGame(id, version)));
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
    this.roots = new RootInvariants({ gamesDir: this.gamesDir, made: (id, version) => this.made(id, version) });
  }

  get gamesDir(): string {
    return join(this.#folder, 'victim', 'games');
  }

  /** Everything of the victim: games, state, catalog. */
  get victimDir(): string {
    return join(this.#folder, 'victim');
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
      this.ids.map((id) => catalogEntry(crashGame(id, version), { keep: ['cfg/**'] })),
    );
    const stateDir = join(this.#folder, name, 'state');
    const peer = await PeerProcess.start({ name, gamesDir, stateDir, catalog, peers, environment });
    this.#started.push(peer);
    return peer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#started.map((peer) => peer[Symbol.asyncDispose]()));
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
