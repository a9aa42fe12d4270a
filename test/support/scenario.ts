/**
 * The stage for scenarios: a room of named peers, each a real process with folders of its own, all gone at the end. When
 * a scenario fails, what its peers said last is printed.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import { catalogEntry, writeCatalog, type CatalogEntry } from './catalogs.ts';
import { makeGame, type GameRoot, type GameSpec } from './games.ts';
import { Lan, whyNoLan } from './lan.ts';
import { PeerProcess, type HarnessEvent, type PeerOptions } from './peer.ts';
import { tempDir, type TempDir } from './temp.ts';
import { readTree, type Tree } from './trees.ts';

export interface CastOptions {
  /** Games made in the peer's folder before it starts. */
  has?: readonly GameSpec[];
  /** The peer's catalog, where it is not the room's. */
  catalog?: readonly CatalogEntry[];
  /** Peers whose addresses it is started with. */
  knows?: readonly PeerProcess[];
  /** What speaks the contract in place of the launcher. */
  program?: string;
  /** In a LAN: the host it runs on. Default: that of its name. */
  host?: string;
}

export class Room implements AsyncDisposable {
  /** What every peer's catalog lists unless told otherwise. */
  catalog: readonly CatalogEntry[] = [];
  readonly lan: Lan | undefined;
  readonly #temp: TempDir;
  readonly #peers: PeerProcess[] = [];
  readonly #roots = new Map<string, GameRoot>();

  constructor(temp: TempDir, lan: Lan | undefined) {
    this.#temp = temp;
    this.lan = lan;
  }

  /** Lists these games in the room's catalog. */
  lists(...games: readonly GameSpec[]): void {
    this.catalog = games.map((game) => catalogEntry(game));
  }

  gamesDir(name: string): string {
    return this.#temp.join(name, 'games');
  }

  /** A game's folder at a peer, there or not. */
  rootOf(name: string, id: string): string {
    return join(this.gamesDir(name), id);
  }

  /** What a game's folder at a peer holds now. */
  treeOf(name: string, id: string): Promise<Tree> {
    return readTree(this.rootOf(name, id));
  }

  /** Makes a game in a peer's folder, which need not run. */
  async give(name: string, spec: GameSpec): Promise<GameRoot> {
    const made = await makeGame(this.gamesDir(name), spec);
    this.#roots.set(`${name}/${spec.id}`, made);
    return made;
  }

  /** A game that was made by `give` or `has`. */
  made(name: string, id: string): GameRoot {
    const root = this.#roots.get(`${name}/${id}`);
    if (!root) throw new Error(`${name} was not given ${id}`);
    return root;
  }

  /** Starts a peer, or starts it again with the folders it had. In a LAN it runs on the host of its name. */
  async peer(
    name: string,
    { has = [], catalog = this.catalog, knows = [], host = name, program }: CastOptions = {},
  ): Promise<PeerProcess> {
    if (!this.#peers.some((peer) => peer.name === name)) await mkdir(this.gamesDir(name), { recursive: true });
    for (const spec of has) await this.give(name, spec);
    const file = this.#temp.join(name, 'catalog.json');
    await writeCatalog(file, catalog);
    const options: PeerOptions = {
      name,
      gamesDir: this.gamesDir(name),
      stateDir: this.#temp.join(name, 'state'),
      catalog: file,
      peers: knows.flatMap(({ addresses }) => addresses),
      ...(program !== undefined && { program }),
      ...(this.lan && { namespace: this.lan.host(host).namespace }),
    };
    const peer = await PeerProcess.start(options);
    this.#peers.push(peer);
    return peer;
  }

  /** The peer of this name that was started last. Throws when there is none. */
  running(name: string): PeerProcess {
    const peer = this.#peers.findLast((one) => one.name === name);
    if (!peer) throw new Error(`${name} was not started`);
    return peer;
  }

  /** What every scenario asks at its end, beside its own questions. */
  assertContractKept(): void {
    for (const { name, problems, events } of this.#peers) {
      if (problems.length > 0) throw new Error(`${name} broke the contract: ${problems.join('; ')}`);
      for (const event of events) assertPlausible(name, event);
    }
  }

  /** What the peers said last, for a failed scenario. */
  lastWords(): string {
    return this.#peers
      .map(({ name, events, stderr, isRunning }) => {
        const heard = events.slice(-25).map((event) => `  ${JSON.stringify(event).slice(0, 400)}`);
        const logged = stderr.trimEnd().split('\n').slice(-25);
        return [
          `--- ${name} (${isRunning ? 'running' : 'gone'})`,
          ...heard,
          ...logged.map((line) => `  | ${line}`),
        ].join('\n');
      })
      .join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#peers.map((peer) => peer[Symbol.asyncDispose]()));
  }
}

function assertPlausible(name: string, event: HarnessEvent): void {
  if (event.event !== 'download-progress') return;
  const { downloadedBytes, totalBytes } = event;
  const plausible =
    typeof downloadedBytes === 'number' &&
    typeof totalBytes === 'number' &&
    downloadedBytes >= 0 &&
    downloadedBytes <= totalBytes;
  if (!plausible) throw new Error(`${name} told an impossible progress: ${JSON.stringify(event)}`);
}

type Story = (room: Room) => Promise<void>;

async function perform(hosts: readonly string[] | undefined, story: Story): Promise<void> {
  await using temp = await tempDir('scenario');
  using lan = hosts && new Lan(hosts);
  await using room = new Room(temp, lan ?? undefined);
  try {
    await story(room);
    room.assertContractKept();
  } catch (error) {
    console.log(room.lastWords());
    throw error;
  }
}

/** A story over loopback: peers know each other by address alone. */
export function scenario(title: string, story: Story): void {
  test(title, () => perform(undefined, story));
}

/** A story on a LAN of separate hosts; skipped by name where none can be made. */
export function lanScenario(title: string, hosts: readonly string[], story: Story): void {
  const why = whyNoLan();
  if (why === undefined) {
    test(title, () => perform(hosts, story));
    return;
  }
  console.log(`SKIP ${title.split(':')[0]} ${why}`);
  test.skip(title);
}

/** Runs the scenarios of a file; its last line. */
export function runScenarios(): void {
  test.run();
}
