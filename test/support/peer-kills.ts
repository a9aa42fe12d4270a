/**
 * A whole peer is killed at its numbered points, lane workers' writes among them, while it does each of its operations;
 * started again it has lost nothing, is settled, and a second command brings the game to its end.
 */
import { cp, readFile, rm } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { flipByte } from './archives.ts';
import { pointsToTry } from './crash-runner.ts';
import { CrashWorld, faultsInEvents, type Saves, type Told } from './crash-world.ts';
import { until } from './eventually.ts';
import { Refused, type PeerProcess } from './peer.ts';
import { does, isOffered } from './story.ts';
import { tempDir } from './temp.ts';

const id = 'victim';
const saves: Saves = { 'saves/1.sav': 'a hundred hours', 'cfg/video.cfg': 'my video', 'mods/a/b.txt': 'mine' };
const sample = 4;
const limitMs = 30_000;

interface Operation {
  readonly name: string;
  readonly command: string;
  readonly params?: Record<string, unknown>;
  /** Brings the victim to where the operation begins; it runs and is offered the game. */
  readonly prepare?: (world: CrashWorld, peer: PeerProcess) => Promise<void>;
  /** Before the peer to be killed is started. */
  readonly spoil?: (world: CrashWorld) => Promise<void>;
  /** What follows the command to let it come to its end. */
  readonly during?: (peer: PeerProcess) => Promise<void>;
  readonly wanted: readonly string[];
  readonly hasSaves?: boolean;
  readonly toVersion2?: boolean;
}

const install = async (world: CrashWorld, peer: PeerProcess): Promise<void> => {
  await does(peer, 'download', { gameId: id, install: true }, 'install-finished');
  await world.roots.save(id, saves);
};
const download = async (_world: CrashWorld, peer: PeerProcess): Promise<void> => {
  await does(peer, 'download', { gameId: id, install: false }, 'download-finished');
};
const begins = (peer: PeerProcess, command: string): Promise<void> =>
  peer.waitFor('download-begin').then(async () => void (await peer.command(command, { gameId: id })));

const operations: readonly Operation[] = [
  { name: 'download and install', command: 'download', params: { install: true }, wanted: ['install-finished'] },
  { name: 'streamed install', command: 'streamInstall', wanted: ['install-finished'] },
  {
    name: 'cancelled streamed install',
    command: 'streamInstall',
    during: (peer) => begins(peer, 'cancel'),
    wanted: ['download-cancelled', 'install-finished'],
  },
  {
    name: 'update',
    command: 'update',
    prepare: install,
    hasSaves: true,
    toVersion2: true,
    wanted: ['update-finished'],
  },
  { name: 'uninstall', command: 'uninstall', prepare: install, hasSaves: true, wanted: ['uninstall-finished'] },
  { name: 'removal', command: 'removeDownload', prepare: download, wanted: ['remove-finished'] },
  {
    name: 'cancelled update',
    command: 'update',
    prepare: install,
    hasSaves: true,
    toVersion2: true,
    during: (peer) => begins(peer, 'cancel'),
    wanted: ['download-cancelled', 'update-finished'],
  },
  {
    name: 'paused download',
    command: 'download',
    params: { install: false },
    during: (peer) => begins(peer, 'pause'),
    wanted: ['download-paused', 'download-finished'],
  },
  {
    name: 'repair',
    command: 'repair',
    prepare: download,
    spoil: async (world) => {
      await flipByte(`${world.roots.rootOf(id)}/music.pak`, 1000);
      await rm(`${world.roots.rootOf(id)}/same.pak`);
    },
    wanted: ['repair-finished'],
  },
];

const preload = new URL('./crash-preload.ts', import.meta.url).href;
const terminals = ['download-failed', 'download-cancelled', 'download-paused', 'download-peers-gone', 'install-failed'];

/** Gives the command and waits for the end of it or of the process. Tells whether the process still lives. */
async function run(peer: PeerProcess, { command, params = {}, during, wanted }: Operation): Promise<boolean> {
  const since = peer.mark();
  try {
    await peer.command(command, { gameId: id, ...params });
    const stopped = during?.(peer).catch((error: unknown) => error);
    const ends = [...wanted, ...terminals, 'update-failed', 'uninstall-failed', 'remove-failed', 'repair-failed'];
    const end = await peer.waitFor(ends, () => true, { since, limitMs });
    // Whatever ends by itself before it can be stopped has nothing to stop.
    const refused: unknown = await stopped;
    if (refused !== undefined && !(refused instanceof Refused)) throw refused;
    assert.ok(wanted.includes(end.event), `${command} ended in ${JSON.stringify(end)}`);
    return true;
  } catch (error) {
    await until('the process to be gone', () => !peer.isRunning, { limitMs: 2_000 }).catch(() => {
      throw error;
    });
    return false;
  }
}

/** Whatever the crash left: by these commands the game gets to where the operation was to bring it. */
async function finish(peer: PeerProcess, { command }: Operation): Promise<void> {
  await until(
    'nothing runs by itself',
    async () => {
      const { operations: running } = await peer.command('status');
      return Array.isArray(running) && running.length === 0;
    },
    { limitMs },
  );
  const game = await peer.game(id);
  if (command === 'uninstall') {
    if (game.installed) await does(peer, 'uninstall', { gameId: id }, 'uninstall-finished');
  } else if (command === 'removeDownload') {
    if (game.downloaded) await does(peer, 'removeDownload', { gameId: id }, 'remove-finished');
  } else if (command === 'repair' && game.downloaded) await does(peer, 'repair', { gameId: id }, 'repair-finished');
  else if (command === 'streamInstall') {
    await isOffered(peer, id);
    if (!game.installed) await does(peer, 'streamInstall', { gameId: id }, 'install-finished');
  } else {
    await isOffered(peer, id);
    const isNew = game.installed && game.downloaded && game.localVersion === game.version && !game.updateAvailable;
    if (isNew) return;
    if (game.installed) await does(peer, 'update', { gameId: id }, 'update-finished');
    else await does(peer, 'download', { gameId: id, install: true }, 'install-finished');
  }
}

/** Defines the test of one operation; each has a file of its own, so that they run side by side. */
export function testPeerKills(name: string): void {
  const operation = operations.find((one) => one.name === name);
  if (!operation) throw new RangeError(`there is no operation ${name}`);
  test(`a peer killed at any point of a ${operation.name} loses nothing and comes to its end`, async () => {
    await using folder = await tempDir('crash-peer');
    await using world = await CrashWorld.open({ folder: folder.join('room'), ids: [id] });
    const told: Told = {
      saves: operation.hasSaves ? saves : {},
      isUninstalled: operation.command === 'uninstall',
      isSpoilt: operation.spoil !== undefined,
    };
    if (operation.prepare) {
      await using peer = await world.victim();
      await isOffered(peer, id);
      await operation.prepare(world, peer);
      await peer.quit();
    }
    if (operation.toVersion2) world.wanted = '2';
    const kept = folder.join('kept');
    const begin = async (): Promise<void> => {
      await rm(world.victimDir, { recursive: true, force: true });
      await cp(kept, world.victimDir, { recursive: true, preserveTimestamps: true }).catch(ignoreMissing);
      await operation.spoil?.(world);
    };
    await cp(world.victimDir, kept, { recursive: true, preserveTimestamps: true }).catch(ignoreMissing);
    const armed = async (point: number, log?: string): Promise<PeerProcess> => {
      const peer = await world.victim({
        NODE_OPTIONS: `--import=${preload}`,
        LANSPREAD_CRASH_AT: `${operation.command}:${point}`,
        ...(log !== undefined && { LANSPREAD_STEPS_LOG: log }),
      });
      if (operation.command !== 'uninstall' && operation.command !== 'removeDownload') await isOffered(peer, id);
      return peer;
    };

    const log = folder.join('steps.log');
    await begin();
    {
      await using peer = await armed(0, log);
      assert.ok(await run(peer, operation), 'without a crash it ends well');
    }
    const names = (await readFile(log, 'utf8')).trimEnd().split('\n');
    assert.ok(names.length > 15, `${names.length} points`);
    let killed = 0;
    const points = pointsToTry(names.length, sample);
    for (const point of points) {
      const what = `${operation.name} killed at ${names[point - 1]}`;
      await begin();
      {
        await using peer = await armed(point);
        // A run may take fewer steps than the one that was counted; then it has come to its end.
        const lives = await run(peer, operation);
        if (!lives) killed += 1;
        assert.equal(faultsInEvents(peer.events, { isKilled: !lives }), [], what);
        if (lives) await peer.kill9();
      }
      assert.equal(await world.roots.lossesOf(id, told), [], what);
      await using peer = await world.victim();
      const isFetching = (await peer.command('status'))['operations'];
      if (Array.isArray(isFetching) && isFetching.length === 0)
        assert.equal(await world.roots.faultsOf(id, { ...told, isResumable: true }), [], `${what}: after the restart`);
      await finish(peer, operation);
      assert.equal(await world.roots.faultsOf(id, { ...told, isSpoilt: false }), [], `${what}: at the end`);
      await peer.quit();
      assert.equal(faultsInEvents(peer.events, { isKilled: false }), [], `${what}: what it said`);
    }
    assert.ok(killed > 0, 'it was killed at all');
    console.log(`STEPS ${operation.name}: ${names.length} points, ${points.length} tried, killed at ${killed}`);
  });
}

function ignoreMissing(error: unknown): void {
  if (Reflect.get(Object(error), 'code') !== 'ENOENT') throw error;
}
