/** Where a soak happens: two seeds with a version of every game each, and the players' PCs. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { catalogEntry, writeCatalog } from '../support/catalogs.ts';
import { crashGame } from '../support/crash-game.ts';
import { makeGame, mib, type GameRoot } from '../support/games.ts';
import { PeerProcess } from '../support/peer.ts';
import { pinnedRootOf } from '../support/pinned-root.ts';
import type { SeededRandom } from '../support/random.ts';
import { versions, type Version } from '../support/root-invariants.ts';

export const gameIds = ['alpha', 'beta', 'gamma', 'delta'] as const;

/** What a seed gives away at most, so that downloads take long enough to be hit. */
const seedBytesPerSecond = 24 * mib;
const mostSeedLifeMs = 40_000;
const mostSeedAbsenceMs = 3_000;

export class SoakRoom implements AsyncDisposable {
  readonly #folder: string;
  readonly #made = new Map<string, GameRoot>();
  readonly #pins = new Map<string, string>();
  readonly #peers = new Map<string, PeerProcess>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(folder: string): Promise<SoakRoom> {
    const room = new SoakRoom(folder);
    for (const version of versions) {
      for (const id of gameIds) {
        const game = await makeGame(join(folder, `seed ${version}`, 'games'), crashGame(id, version));
        room.#made.set(`${id} ${version}`, game);
        room.#pins.set(`${id} ${version}`, await pinnedRootOf(game));
      }
    }
    for (const version of versions) await room.#startSeed(version);
    return room;
  }

  folderOf(name: string): string {
    return join(this.#folder, name);
  }

  readonly made = (id: string, version: Version): GameRoot => {
    const game = this.#made.get(`${id} ${version}`);
    if (!game) throw new Error(`there is no ${id} ${version}`);
    return game;
  };

  /** Starts a PC with a catalog that wants this version of every game; it knows everybody who runs. */
  async start(name: string, { gamesDir, wanted }: { gamesDir: string; wanted: Version }): Promise<PeerProcess> {
    const folder = this.folderOf(name);
    await mkdir(folder, { recursive: true });
    const catalog = join(folder, 'catalog.json');
    const entries = gameIds.map((id) =>
      catalogEntry(crashGame(id, wanted), { keep: ['cfg/**'], manifestRoot: this.#pins.get(`${id} ${wanted}`) }),
    );
    await writeCatalog(catalog, entries);
    const peers = [...this.#peers.values()].flatMap((peer) => (peer.isRunning ? peer.addresses : []));
    const peer = await PeerProcess.start({ name, gamesDir, stateDir: join(folder, 'state'), catalog, peers });
    this.#peers.set(name, peer);
    return peer;
  }

  async #startSeed(version: Version): Promise<PeerProcess> {
    const name = `seed ${version}`;
    const seed = await this.start(name, { gamesDir: join(this.folderOf(name), 'games'), wanted: version });
    await seed.command('settings.set', { name: 'uploadLimitBytesPerSecond', value: seedBytesPerSecond });
    return seed;
  }

  /** Kills a seed now and then, and starts it again, until the signal; then both run. Returns how often. */
  async killSeeds(random: SeededRandom, signal: AbortSignal): Promise<number> {
    let kills = 0;
    for (;;) {
      await delay(random.below(mostSeedLifeMs), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return kills;
      const version = random.pick(versions);
      await this.#peers.get(`seed ${version}`)?.kill9();
      await delay(random.below(mostSeedAbsenceMs));
      await this.#startSeed(version);
      kills += 1;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#peers.values()].map((peer) => peer[Symbol.asyncDispose]()));
  }
}
