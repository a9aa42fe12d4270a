/**
 * A queue of downloads is paused, resumed, reordered and cancelled at random while its core is killed again and again:
 * what was asked for comes, what was paused waits, what was cancelled is gone, and every end is told once.
 */
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CrashWorld, faultsInEvents } from '../support/crash-world.ts';
import { until } from '../support/eventually.ts';
import { patience } from '../support/patience.ts';
import { Refused, type HarnessEvent, type PeerProcess } from '../support/peer.ts';
import { SeededRandom } from '../support/random.ts';
import { isOffered } from '../support/story.ts';
import { tempDir } from '../support/temp.ts';

const ids = ['one', 'two', 'three', 'four', 'five', 'six'];
const mib = 1024 * 1024;
const lives = 5;
const actsInALife = 8;
const limitMs = 60_000 * patience;

/** What has to become of a download. More than one: a kill fell between a command and its end. */
type Fate = 'none' | 'wanted' | 'paused' | 'cancelled' | 'done';

class Fates {
  readonly #fates = new Map<string, Set<Fate>>(ids.map((id) => [id, new Set<Fate>(['none'])]));
  /** How far the events of this life were read. */
  #read = 0;

  of(id: string): ReadonlySet<Fate> {
    return this.#fates.get(id) ?? new Set();
  }

  /** A command may have been heard from now on. */
  asked(id: string, command: string): void {
    const fates = this.#fates.get(id);
    if (command === 'download' || command === 'resume') fates?.add('wanted');
    else if (command === 'pause') fates?.add('paused');
    else if (command === 'cancel') fates?.add('cancelled');
  }

  /** It was accepted. */
  accepted(id: string, command: string): void {
    if (command === 'download' || command === 'resume') this.#fates.set(id, new Set(['wanted']));
  }

  /** What an operation's end says is certain. */
  read(events: readonly HarnessEvent[]): void {
    for (const { event, ...facts } of events.slice(this.#read)) {
      const id = String(facts['gameId']);
      if (event === 'download-paused') this.#fates.set(id, new Set(['paused']));
      else if (event === 'download-cancelled') this.#fates.set(id, new Set(['cancelled']));
      else if (event === 'download-finished') this.#fates.set(id, new Set(['done']));
      // Its peers may not be here yet; it goes on when they are.
      else if (event === 'download-failed') throw new Error(`${id}: ${JSON.stringify(facts)}`);
    }
    this.#read = events.length;
  }

  newLife(): void {
    this.#read = 0;
  }
}

async function act(peer: PeerProcess, random: SeededRandom, fates: Fates): Promise<string> {
  const gameId = random.pick(ids);
  const game = await peer.game(gameId);
  const suitable =
    game.operation !== undefined
      ? (['pause', 'cancel', 'moveInQueue', 'moveInQueue'] as const)
      : game.resumable !== undefined
        ? (['resume', 'resume', 'cancel'] as const)
        : (['download'] as const);
  const command = random.pick(suitable);
  const before = new Set(fates.of(gameId));
  fates.asked(gameId, command);
  try {
    await peer.command(command, {
      gameId,
      ...(command === 'download' && { install: false }),
      ...(command === 'moveInQueue' && { to: random.below(ids.length) }),
    });
    fates.accepted(gameId, command);
    return `${command} ${gameId}`;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    assert.is.not(error.code, 'INTERNAL', error.message);
    assert.ok(before.size > 0);
    return `${command} ${gameId} (${error.code})`;
  }
}

/** The most downloads that ran at a time. */
function mostAtATime(events: readonly HarnessEvent[]): number {
  const running = events
    .filter(({ event }) => event === 'active-operations-changed')
    .map(({ operations }) => (operations as { kind: string }[]).filter(({ kind }) => kind !== 'Queued').length);
  return Math.max(0, ...running);
}

test('a queue that is changed while its core is killed loses no download, tells each end once, and forgets what was cancelled', async () => {
  const random = new SeededRandom(20_240_817);
  await using folder = await tempDir('crash-queue');
  await using world = await CrashWorld.open({ folder: folder.join('room'), ids, uploadBytesPerSecond: 12 * mib });
  const fates = new Fates();
  const story: string[] = [];
  for (let life = 1; life <= lives; life += 1) {
    await using peer = await world.victim();
    fates.newLife();
    for (const id of ids) await isOffered(peer, id);
    for (const id of ids) if (fates.of(id).has('none')) story.push(await act(peer, random, fates));
    for (let number = 0; number < actsInALife; number += 1) {
      story.push(await act(peer, random, fates));
      await delay(random.below(300));
    }
    await peer.kill9();
    story.push('killed');
    fates.read(peer.events);
    const told = story.join(', ');
    assert.equal(faultsInEvents(peer.events, { isKilled: true }), [], told);
    assert.ok(mostAtATime(peer.events) <= 2, `${mostAtATime(peer.events)} at a time: ${told}`);
  }
  await using peer = await world.victim();
  fates.newLife();
  const isIdle = async (): Promise<boolean> => ((await peer.command('status'))['operations'] as unknown[]).length === 0;
  const isAllHere = async (): Promise<boolean> => {
    const games = await peer.games();
    return games.every(({ id, downloaded }) => downloaded || fates.of(id).size > 1 || !fates.of(id).has('wanted'));
  };
  await until(
    `what is wanted comes by itself: ${story.join(', ')}`,
    async () => (await isAllHere()) && (await isIdle()),
    {
      limitMs,
    },
  );
  fates.read(peer.events);
  for (const game of await peer.games()) {
    const { id, downloaded, resumable, operation } = game;
    const fate: Fate = downloaded ? 'done' : resumable ? 'paused' : 'cancelled';
    const allowed = fates.of(id);
    const isAllowed = allowed.has(fate) || (fate === 'cancelled' && allowed.has('none'));
    assert.ok(isAllowed, `${id} is ${fate}, not ${[...allowed].join(' or ')}: ${story.join(', ')}`);
    assert.is(operation, undefined, id);
    if (fate === 'cancelled') assert.not(existsSync(world.roots.rootOf(id)), `${id} is gone`);
    // Whatever it is now, one command brings it.
    if (fate === 'paused') await peer.command('resume', { gameId: id });
    if (fate === 'cancelled') await peer.command('download', { gameId: id, install: false });
  }
  await until('every game is here', async () => (await peer.games()).every(({ downloaded }) => downloaded), {
    limitMs,
  });
  for (const id of ids) assert.equal(await world.roots.faultsOf(id, { saves: {}, isUninstalled: true }), []);
  await peer.quit();
  assert.equal(faultsInEvents(peer.events, { isKilled: false }), []);
});

test.run();
