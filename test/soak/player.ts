/** One PC of a soak: its peer does random things, and random things happen to it. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { faultsInEvents } from '../support/event-faults.ts';
import { until } from '../support/eventually.ts';
import { mib } from '../support/games.ts';
import { patience } from '../support/patience.ts';
import { Refused, type GameFacts, type PeerProcess } from '../support/peer.ts';
import type { SeededRandom } from '../support/random.ts';
import { RootInvariants, versions, type Version } from '../support/root-invariants.ts';
import { Drive } from './drive.ts';
import { hangsIn, silenceLimitMs } from './hang-watch.ts';
import { GameMemory } from './memory.ts';
import { gameIds, type SoakRoom } from './room.ts';

/** Nothing that runs may take longer to come to an end, in milliseconds: many share two seeds. */
const restLimitMs = 90_000 * patience;
const storyKept = 60;

const commands = [
  'download',
  'update',
  'install',
  'uninstall',
  'removeDownload',
  'cancel',
  'pause',
  'resume',
  'verify',
  'repair',
  'moveInQueue',
  'streamInstall',
] as const;
type Command = (typeof commands)[number];

function suitable({ operation, installed, downloaded, resumable, updateAvailable }: GameFacts): readonly Command[] {
  if (operation !== undefined) return ['cancel', 'pause', 'moveInQueue'];
  if (resumable !== undefined) return ['resume', 'resume', 'cancel'];
  if (installed && updateAvailable) return ['update'];
  if (installed) return ['uninstall', downloaded ? 'verify' : 'update', 'repair'];
  if (downloaded) return ['install', 'install', 'install', 'removeDownload', 'repair'];
  return ['download', 'download', 'streamInstall'];
}

/** What can happen, each as often as it is here. */
const happenings = [
  ...Array.from({ length: 50 }, () => 'command' as const),
  ...Array.from({ length: 14 }, () => 'save' as const),
  ...Array.from({ length: 6 }, () => 'kill' as const),
  ...Array.from({ length: 4 }, () => 'rest' as const),
  ...Array.from({ length: 3 }, () => 'spoil' as const),
  ...Array.from({ length: 3 }, () => 'fill' as const),
  ...Array.from({ length: 3 }, () => 'unplug' as const),
  'quit' as const,
  'freeze' as const,
  'freeze' as const,
  'lose the database' as const,
];

export class Player implements AsyncDisposable {
  readonly name: string;
  readonly #room: SoakRoom;
  readonly #random: SeededRandom;
  readonly #drive: Drive;
  readonly #roots: RootInvariants;
  readonly #memories: readonly GameMemory[];
  readonly #story: string[] = [];
  /** How often what happened, for the summary. */
  readonly counts: Map<string, number>;
  #peer: PeerProcess | undefined;
  #wanted: Version = '1';
  /** Nothing before counts as silence. */
  #awakeSinceMs = 0;

  constructor(
    name: string,
    { room, random, counts }: { room: SoakRoom; random: SeededRandom; counts: Map<string, number> },
  ) {
    this.name = name;
    this.#room = room;
    this.#random = random;
    this.counts = counts;
    this.#drive = new Drive(room.folderOf(name));
    this.#roots = new RootInvariants({ gamesDir: this.#drive.gamesDir, made: room.made });
    this.#memories = gameIds.map((id) => new GameMemory(id, this.#roots));
  }

  /** Lives until the signal. Throws what is wrong, with what led to it. */
  async live(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        await this.#happen();
        await delay(this.#random.below(400));
      }
      await this.#finish();
    } catch (cause) {
      const heard = (this.#peer?.events ?? []).slice(-40).map((event) => JSON.stringify(event).slice(0, 300));
      const logged = this.#peer?.stderr.slice(-3_000) ?? '';
      const told = [`${this.name}:`, ...this.#story, '--- heard', ...heard, '--- logged', logged].join('\n');
      throw new Error(`${this.name}: ${cause instanceof Error ? cause.message : String(cause)}\n${told}`, { cause });
    }
  }

  async #happen(): Promise<void> {
    const peer = this.#peer ?? (await this.#start());
    const what = this.#random.pick(happenings);
    this.#count(what);
    const memory = this.#random.pick(this.#memories);
    switch (what) {
      case 'command':
        await this.#command(peer, memory);
        break;
      case 'save':
        await this.#save(peer, memory);
        break;
      case 'kill':
        await this.#endLife(() => peer.kill9(), { isKilled: true });
        await this.#assertNoLosses([]);
        break;
      case 'quit':
        await this.#endLife(() => peer.quit(), { isKilled: false });
        break;
      case 'rest':
        await this.#rest(peer);
        break;
      case 'lose the database':
        await this.#loseDatabase(peer);
        break;
      case 'spoil':
        await this.#spoil(peer, memory);
        break;
      case 'fill':
        await this.#fill();
        break;
      case 'unplug':
        await this.#unplug();
        break;
      case 'freeze':
        this.#tell('freezes');
        process.kill(peer.processId, 'SIGSTOP');
        await delay(this.#random.below(2_500));
        process.kill(peer.processId, 'SIGCONT');
        this.#awakeSinceMs = Date.now();
        break;
    }
    await this.#look();
  }

  /** Holds it to what must be true at every moment. */
  async #look(): Promise<void> {
    const peer = this.#peer;
    if (!peer) return;
    this.#assertNone(hangsIn(peer.events, { sinceMs: this.#awakeSinceMs, nowMs: Date.now() }));
    this.#assertNone(faultsInEvents(peer.events, { isKilled: true }));
    this.#assertNone(peer.problems);
    await this.#assertNoLosses(peer.events);
  }

  async #start(): Promise<PeerProcess> {
    if (this.#random.below(3) === 0) this.#wanted = this.#random.pick(versions);
    this.#tell(`starts, wants ${this.#wanted}`);
    this.#peer = await this.#room.start(this.name, { gamesDir: this.#drive.gamesDir, wanted: this.#wanted });
    this.#awakeSinceMs = Date.now();
    return this.#peer;
  }

  async #endLife(end: () => Promise<unknown>, { isKilled }: { isKilled: boolean }): Promise<void> {
    const peer = this.#peer;
    if (!peer) return;
    this.#tell(isKilled ? 'is killed' : 'quits');
    await end();
    this.#assertNone(faultsInEvents(peer.events, { isKilled }));
    for (const { event, ...facts } of peer.events)
      if (/-(?:finished|failed|cancelled|paused|peers-gone)$/.test(event))
        this.#count(typeof facts['code'] === 'string' ? `${event} ${facts['code']}` : event);
    for (const memory of this.#memories) memory.endLife(peer.events);
    this.#peer = undefined;
  }

  /** Mostly what suits the game as it is, so that much happens; now and then anything. Refusals are answers. */
  async #command(peer: PeerProcess, memory: GameMemory): Promise<void> {
    const { id: gameId } = memory;
    const isAny = this.#random.below(5) === 0;
    const command = this.#random.pick(isAny ? commands : suitable(await peer.game(gameId)));
    const params = {
      gameId,
      ...(command === 'download' && { install: this.#random.below(2) === 0 }),
      ...(command === 'moveInQueue' && { to: this.#random.below(4) }),
    };
    const uninstall = command === 'uninstall' ? memory.willUninstall() : undefined;
    try {
      await peer.command(command, params);
      this.#tell(`${command} ${gameId}`);
      this.#count(`${command} accepted`);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      uninstall?.undo();
      this.#tell(`${command} ${gameId} (${error.code})`);
      if (error.code === 'INTERNAL') throw error;
    }
  }

  /** A game writes while it is installed and nothing is done to it. */
  async #save(peer: PeerProcess, memory: GameMemory): Promise<void> {
    const game = await peer.game(memory.id);
    if (!game.installed || game.operation !== undefined) return;
    this.#tell(`saves in ${memory.id}`);
    await memory.save(this.#random.below(1_000));
  }

  async #spoil(peer: PeerProcess, memory: GameMemory): Promise<void> {
    const game = await peer.game(memory.id);
    if (!game.downloaded || game.operation !== undefined) return;
    const isSilent = this.#random.below(2) === 0;
    this.#tell(`${memory.id} rots${isSilent ? ' silently' : ''}`);
    await memory.spoil({ isSilent, at: peer.mark() });
  }

  async #fill(): Promise<void> {
    if (!this.#drive.canBeFilled) return;
    this.#tell('the disk is full');
    await this.#drive.fill(this.#random.below(12) * mib);
    await this.#meanwhile();
    await this.#drive.free();
    this.#tell('the disk has room again');
  }

  async #unplug(): Promise<void> {
    const how = this.#random.pick(['drive', 'folder'] as const);
    this.#tell(`the games' ${how} goes`);
    await this.#drive.unplug(how);
    await this.#meanwhile();
    await this.#drive.plug(how);
    this.#tell('the games are back');
  }

  /** While something is wrong with the disk people go on as ever, and the power may go, too. */
  async #meanwhile(): Promise<void> {
    for (let number = this.#random.below(5); number > 0; number -= 1) {
      await delay(this.#random.below(1_000));
      const peer = this.#peer ?? (await this.#start());
      if (this.#random.below(5) === 0) await this.#endLife(() => peer.kill9(), { isKilled: true });
      else await this.#command(peer, this.#random.pick(this.#memories));
    }
  }

  /** Everything there is in the state directory but the identity, after a clean stop. */
  async #loseDatabase(peer: PeerProcess): Promise<void> {
    await this.#rest(peer);
    await this.#endLife(() => peer.quit(), { isKilled: false });
    const state = join(this.#room.folderOf(this.name), 'state');
    for (const suffix of ['', '-wal', '-shm']) await rm(join(state, `lanspread.db${suffix}`), { force: true });
    for (const memory of this.#memories) memory.willLoseDatabase();
    this.#tell('the database is lost');
  }

  /** Whatever runs comes to its end by itself, and everything is settled then. */
  async #rest(peer: PeerProcess): Promise<void> {
    this.#tell('rests');
    const isIdle = async (): Promise<boolean> => {
      const { operations, gamesDirLost } = await peer.command('status');
      this.#assertNone(hangsIn(peer.events, { sinceMs: this.#awakeSinceMs, nowMs: Date.now() }));
      return gamesDirLost !== true && Array.isArray(operations) && operations.length === 0;
    };
    await until('nothing runs any more and the games are there', isIdle, { limitMs: restLimitMs });
    // A folder that came back is recovered beside whatever else goes on.
    if (peer.events.some(({ event }) => event === 'games-dir-back')) {
      const isSettled = async (): Promise<boolean> => (await this.#faultsAtRest(peer)).length === 0;
      await until('the games that came back are settled', isSettled, { limitMs: restLimitMs }).catch(() => {});
    }
    this.#assertNone(await this.#faultsAtRest(peer));
    this.#assertNone(faultsInEvents(peer.events, { isKilled: true }));
  }

  async #faultsAtRest(peer: PeerProcess): Promise<string[]> {
    const all: string[] = [];
    for (const game of await peer.games()) {
      const memory = this.#memories.find(({ id }) => id === game.id);
      if (!memory) continue;
      await memory.settle();
      const told = { ...memory.told(peer.events), isResumable: game.resumable !== undefined };
      const faults = await this.#roots.faultsOf(game.id, told);
      // A peer that was lost and found again takes up what is resumable by itself, at any moment.
      if ((await peer.game(game.id)).operation !== undefined) continue;
      all.push(...faults.map((fault) => `at rest: ${fault}; ${JSON.stringify(game)}`));
    }
    return all;
  }

  /** By commands alone every game comes to be installed in the wanted version. */
  async #finish(): Promise<void> {
    this.#tell('comes to the end');
    if (this.#peer) await this.#endLife(() => this.#peer?.quit() ?? Promise.resolve(), { isKilled: false });
    const peer = await this.#start();
    await this.#rest(peer);
    for (const memory of this.#memories) await this.#settleGame(peer, memory);
    await this.#rest(peer);
    await this.#endLife(() => peer.quit(), { isKilled: false });
  }

  async #settleGame(peer: PeerProcess, memory: GameMemory): Promise<void> {
    const { id: gameId } = memory;
    const game = await peer.game(gameId);
    if (memory.isSpoilt && game.downloaded) await this.#does(peer, 'repair', gameId);
    const isThere = await peer.game(gameId);
    if (isThere.installed && isThere.downloaded && !isThere.updateAvailable) return;
    await until(`${gameId} is offered`, async () => (await peer.game(gameId)).peerCount > 0, {
      limitMs: silenceLimitMs,
    });
    if (!isThere.installed) await this.#does(peer, 'download', gameId);
    else if (isThere.updateAvailable) await this.#does(peer, 'update', gameId);
  }

  async #does(peer: PeerProcess, command: string, gameId: string): Promise<void> {
    const since = peer.mark();
    this.#tell(`${command} ${gameId}, at the end`);
    await peer.command(command, { gameId });
    const ends = ['install', 'update', 'repair', 'download'].map((name) => `${name}-failed`);
    const wanted = { download: 'install-finished', update: 'update-finished', repair: 'repair-finished' }[command];
    const end = await peer.waitFor([wanted ?? '', ...ends], (event) => event['gameId'] === gameId, {
      since,
      limitMs: restLimitMs,
    });
    if (end.event !== wanted) throw new Error(`${command} ended in ${JSON.stringify(end)}`);
  }

  async #assertNoLosses(events: PeerProcess['events']): Promise<void> {
    for (const memory of this.#memories) this.#assertNone(await memory.losses(events));
  }

  #assertNone(faults: readonly string[]): void {
    if (faults.length > 0) throw new Error(faults.join('\n'));
  }

  #tell(what: string): void {
    this.#story.push(`${new Date().toISOString().slice(11, 23)} ${what}`);
    if (this.#story.length > storyKept) this.#story.shift();
  }

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#peer?.[Symbol.asyncDispose]();
    this.#drive[Symbol.dispose]();
  }
}
