import { mkdir, rename, rm } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { silentLogger, type GameId } from '../../../app/core/base/index.ts';
import { GamesWatch, type GamesWatchOptions } from '../../../app/core/library/games-watch.ts';
import type { WatchEvent, WatchListener } from '../../../app/core/library/watcher.ts';
import { libraryLab } from '../../support/library-lab.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

/** A watch over no disk: the test is the watcher, and tells what it was made to do. */
class Rig implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly looks: GameId[][] = [];
  readonly scans: boolean[] = [];
  readonly warnings: string[] = [];
  readonly held = new Set<string>();
  readonly folders = new Set<string>();
  readonly watch: GamesWatch;
  listener: WatchListener | undefined;
  subscriptions = 0;
  live = 0;
  folderNumber: bigint | undefined = 1n;
  subscribeFails = false;
  look: () => Promise<void> = async () => {};

  constructor(overrides: Partial<GamesWatchOptions> = {}) {
    this.watch = new GamesWatch({
      gamesDir: '/games',
      clock: this.clock,
      logger: { ...silentLogger, warn: (_facts, message) => void this.warnings.push(message) },
      isRecursive: false,
      findFolder: async () => this.folderNumber,
      isLost: () => false,
      isHeld: (id) => this.held.has(id),
      isFolder: async (components) => this.folders.has(components.join('/')),
      look: async (ids) => {
        this.looks.push([...ids].sort());
        await this.look();
      },
      scan: async ({ thorough }) => void this.scans.push(thorough),
      watchFolder: async (_folder, listener) => {
        this.subscriptions += 1;
        if (this.subscribeFails) throw new Error('no watches left');
        this.listener = listener;
        this.live += 1;
        return {
          [Symbol.asyncDispose]: async () => {
            this.live -= 1;
          },
        };
      },
      ...overrides,
    });
  }

  emit(path: string, type: WatchEvent['type'] = 'update'): void {
    this.listener?.onEvents([{ components: path === '' ? [] : path.split('/'), type }]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.watch[Symbol.asyncDispose]();
  }
}

async function rig(overrides: Partial<GamesWatchOptions> = {}): Promise<Rig> {
  const made = new Rig(overrides);
  await made.watch.start();
  return made;
}

test('what happened before the subscription is looked for after it', async () => {
  await using its = await rig();
  assert.is(its.subscriptions, 1);
  assert.equal(its.scans, [true]);
});

test('a burst is one look per game', async () => {
  await using its = await rig();
  for (let event = 0; event < 500; event += 1) its.emit(`quake/${event}`);
  its.emit('doom/version.ini');
  await its.clock.advance(1_000);
  assert.equal(its.looks, [['doom', 'quake']]);
});

test('a change is looked at well within a second, though more events keep coming', async () => {
  await using its = await rig();
  for (let elapsed = 0; elapsed < 400; elapsed += 50) {
    its.emit('quake/x');
    await its.clock.advance(50);
  }
  assert.ok(its.looks.length >= 1);
});

test('while a look runs all that happens collapses into one more', async () => {
  await using its = await rig();
  const slow = Promise.withResolvers<void>();
  its.look = () => slow.promise;
  its.emit('quake/x');
  await its.clock.advance(200);
  for (let burst = 0; burst < 20; burst += 1) {
    its.emit('quake/x');
    await its.clock.advance(200);
  }
  assert.is(its.looks.length, 1);
  slow.resolve();
  await its.clock.advance(5_000);
  assert.equal(its.looks, [['quake'], ['quake']]);
});

test('events for a held game, and for what can be no game, are dropped', async () => {
  await using its = await rig();
  its.held.add('quake');
  its.emit('quake/version.ini');
  its.emit('.hidden/x');
  its.emit('not a game/x');
  await its.clock.advance(1_000);
  assert.equal(its.looks, []);
});

test('everything is scanned thoroughly every 300 seconds', async () => {
  await using its = await rig();
  its.scans.length = 0;
  await its.clock.advance(299_999);
  assert.equal(its.scans, []);
  await its.clock.advance(1);
  await its.clock.advance(300_000);
  assert.equal(its.scans, [true, true]);
});

test('a watcher that cannot start is told once; the scans go on, and each tries again', async () => {
  const its = new Rig();
  await using _its = its;
  its.subscribeFails = true;
  await its.watch.start();
  await its.clock.advance(60_000);
  assert.is(its.warnings.length, 1);
  assert.equal(its.scans, [true, true, true]);
  its.subscribeFails = false;
  its.scans.length = 0;
  await its.clock.advance(30_000);
  assert.equal(its.scans, [true]);
  assert.is(its.live, 1);
});

test('a watcher that fails later is told, and what it may have missed is scanned', async () => {
  await using its = await rig();
  its.scans.length = 0;
  its.listener?.onError(new Error('events were dropped'));
  assert.is(its.warnings.length, 1);
  assert.equal(its.scans, [true]);
  assert.is(its.subscriptions, 1, 'it is not made anew at once');
  await its.clock.advance(2_000);
  assert.equal([its.subscriptions, its.live], [2, 1]);
  its.emit('quake/x');
  await its.clock.advance(1_000);
  assert.equal(its.looks, [['quake']]);
});

test('a folder that vanishes is noticed, and watched again once it is back', async () => {
  await using its = await rig();
  its.folderNumber = undefined;
  its.scans.length = 0;
  await its.clock.advance(2_000);
  assert.equal([its.scans, its.live], [[false], 0]);
  await its.clock.advance(20_000);
  assert.equal(its.scans, [false], 'and then only looked for');
  its.folderNumber = 2n;
  await its.clock.advance(2_000);
  assert.equal([its.scans, its.live], [[false, true], 1]);
});

test('a folder that was made anew with the same file number is watched again', async () => {
  await using its = await rig();
  its.emit('', 'delete');
  await its.clock.advance(0);
  assert.equal([its.subscriptions, its.live], [2, 1]);
});

test('folders that were made are watched anew once it is quiet; files, reserved names and the rest are no reason', async () => {
  await using its = await rig();
  its.emit('quake/file', 'create');
  its.emit('quake/local', 'create');
  its.emit('quake/sub', 'update');
  its.folders.add('quake/local');
  await its.clock.advance(10_000);
  assert.is(its.subscriptions, 1);
  its.folders.add('quake/sub');
  its.emit('quake/sub', 'create');
  for (let second = 0; second < 6; second += 1) {
    await its.clock.advance(1_000);
    its.emit('quake/sub/x', 'create');
  }
  assert.is(its.subscriptions, 1, 'not while it goes on');
  await its.clock.advance(3_000);
  assert.equal([its.subscriptions, its.live], [2, 1]);
});

test('folders that an operation made count, too', async () => {
  await using its = await rig();
  its.held.add('quake');
  its.folders.add('quake/sub');
  its.emit('quake/sub', 'create');
  await its.clock.advance(3_000);
  assert.is(its.subscriptions, 2);
});

test('of very many new entries none is looked at: the subscription is made anew', async () => {
  await using its = await rig();
  for (let file = 0; file < 1_000; file += 1) its.emit(`quake/${file}`, 'create');
  await its.clock.advance(3_000);
  assert.is(its.subscriptions, 2);
});

test('where the watcher takes in new folders by itself the subscription stays', async () => {
  await using its = await rig({ isRecursive: true });
  its.folders.add('quake');
  its.emit('quake', 'create');
  await its.clock.advance(10_000);
  assert.is(its.subscriptions, 1);
});

test('once closed no timer and no subscription is left', async () => {
  const its = await rig();
  its.emit('quake/sub', 'create');
  await its.watch[Symbol.asyncDispose]();
  assert.equal([its.clock.pendingCount, its.live], [0, 0]);
  its.emit('quake/x');
  its.listener?.onError(new Error('late'));
  assert.is(its.clock.pendingCount, 0);
});

test('the library hears of a vanished folder through its watch, and of the games once it is back', async () => {
  const clock = new VirtualClock();
  const watchFolder = async () => ({ [Symbol.asyncDispose]: async () => {} });
  await using its = await libraryLab({ clock, watchFolder });
  await its.write({ 'quake/version.ini': '1' });
  await its.library.scan();
  await its.library.watch();
  await rename(its.gamesDir, its.temp.join('away'));
  await advanceUntil(clock, () => its.availability.length === 1);
  assert.equal(its.library.snapshot().games, []);
  assert.is(its.library.games().length, 1);
  await rename(its.temp.join('away'), its.gamesDir);
  await advanceUntil(clock, () => its.availability.length === 2);
  assert.equal(its.availability, [false, true]);
  assert.is(its.library.snapshot().games.length, 1);
  await its.close();
  assert.is(clock.pendingCount, 0);
});

test('a folder that was away only between two looks of the watch is back with the next one', async () => {
  const clock = new VirtualClock();
  const watchFolder = async () => ({ [Symbol.asyncDispose]: async () => {} });
  await using its = await libraryLab({ clock, watchFolder });
  await its.write({ 'quake/version.ini': '1' });
  await its.library.scan();
  await its.library.watch();
  await rename(its.gamesDir, its.temp.join('away'));
  assert.not.ok(await its.library.checkFolder(), 'an operation finds that it went');
  await rename(its.temp.join('away'), its.gamesDir);
  const sinceMs = clock.monotonicMs();
  await advanceUntil(clock, () => its.availability.length === 2);
  assert.equal(its.availability, [false, true]);
  const tookMs = clock.monotonicMs() - sinceMs;
  assert.ok(tookMs < 20_000, `${tookMs} ms: not only with the scan that comes every 300 seconds`);
  assert.is(its.library.snapshot().games.length, 1);
});

test('events that a vanishing folder causes remove no game', async () => {
  const clock = new VirtualClock();
  let listener: WatchListener | undefined;
  const watchFolder = async (_folder: string, its: WatchListener) => {
    listener = its;
    return { [Symbol.asyncDispose]: async () => {} };
  };
  await using its = await libraryLab({ clock, watchFolder });
  await its.write({ 'quake/version.ini': '1' });
  await its.library.scan();
  await its.library.watch();
  await rename(its.gamesDir, its.temp.join('away'));
  await mkdir(its.gamesDir);
  await rm(its.gamesDir, { recursive: true });
  listener?.onEvents([{ components: ['quake', 'version.ini'], type: 'delete' }]);
  listener?.onEvents([{ components: ['quake'], type: 'delete' }]);
  await advanceUntil(clock, () => its.availability.length === 1);
  assert.is(its.library.games().length, 1);
  assert.ok(its.state.library.get(its.path('quake')));
});

/** The disk takes real time: moves the clock on bit by bit, between turns of the real loop, until the condition holds. */
async function advanceUntil(clock: VirtualClock, holds: () => boolean): Promise<void> {
  const endMs = performance.now() + 10_000;
  while (!holds() && performance.now() < endMs) {
    await clock.advance(50);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.ok(holds());
}

test.run();
