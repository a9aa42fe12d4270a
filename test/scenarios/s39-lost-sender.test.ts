import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { processesWith } from '../support/compliance/processes.ts';
import { eventually, until } from '../support/eventually.ts';
import { mib, type GameSpec } from '../support/games.ts';
import type { PeerProcess } from '../support/peer.ts';
import { runScenarios, scenario, type Room } from '../support/scenario.ts';
import { capUpload, countOf, endsWith, hasArrived, isOffered, sees } from '../support/story.ts';
import { assertSameTree } from '../support/trees.ts';

const game: GameSpec = {
  id: 'saga',
  archives: [
    {
      entries: [
        { path: 'one.pak', sizeBytes: 40 * mib },
        { path: 'two.pak', sizeBytes: 24 * mib },
      ],
    },
  ],
};

const terminals = ['install-finished', 'install-failed', 'download-cancelled'] as const;

function terminalsOf(peer: PeerProcess): string[] {
  const isTerminal = (name: string): boolean => terminals.some((one) => one === name);
  return peer.events.filter(({ event, gameId }) => gameId === 'saga' && isTerminal(event)).map(({ event }) => event);
}

/** Cora installs what Anna alone unpacks for her, slowly; so much of it is there. */
async function midway(
  room: Room,
  { bytesPerSecond, share }: { bytesPerSecond: number; share: number },
): Promise<{ anna: PeerProcess; cora: PeerProcess; archive: string }> {
  room.lists(game);
  const anna = await room.peer('anna', { has: [game] });
  await capUpload(anna, bytesPerSecond);
  const cora = await room.peer('cora', { knows: [anna] });
  await isOffered(cora, 'saga');
  await cora.command('streamInstall', { gameId: 'saga' });
  await hasArrived(cora, 'saga', { share });
  return { anna, cora, archive: join(room.rootOf('anna', 'saga'), 'saga.eti') };
}

scenario('S39: when a sender is killed midway its part is deleted and the next sender used', async (room) => {
  room.lists(game);
  const anna = await room.peer('anna', { has: [game] });
  const bela = await room.peer('bela', { has: [game] });
  await Promise.all([anna, bela].map((sender) => capUpload(sender, 16 * mib)));
  const cora = await room.peer('cora', { knows: [anna, bela] });
  await isOffered(cora, 'saga', 2);
  await cora.command('streamInstall', { gameId: 'saga' });
  const begin = await cora.waitFor('download-begin');
  await hasArrived(cora, 'saga', { share: 0.3 });
  const [first] = Array.isArray(begin['peers']) ? begin['peers'] : [];
  const [killed, other] = first === anna.peerId ? [anna, bela] : [bela, anna];
  const since = cora.mark();
  await killed.kill9();
  const failed = await cora.waitFor('stream-sender-failed');
  assert.is(failed['peerId'], killed.peerId);
  const end = await endsWith(cora, 'install-finished', 'saga');
  assert.is(end['peerId'], other.peerId);
  assert.ok(
    cora.events
      .slice(since)
      .some(({ event, downloadedBytes }) => event === 'download-progress' && downloadedBytes === 0),
    'it began anew',
  );
  assert.equal(terminalsOf(cora), ['install-finished']);
  assertSameTree(await room.treeOf('cora', 'saga/local'), room.made('anna', 'saga').installed);
});

scenario('S39: when the only sender is killed nothing is left and the failure says why', async (room) => {
  const { anna, cora } = await midway(room, { bytesPerSecond: 16 * mib, share: 0.3 });
  assert.ok(existsSync(join(room.rootOf('cora', 'saga'), '.local.installing')));
  await anna.kill9();
  const end = await endsWith(cora, 'install-failed', 'saga', { limitMs: 120_000 });
  assert.equal([end['code'], end['streamed'], end['peerId']], ['PEER_GONE', true, anna.peerId]);
  assert.not.ok(existsSync(room.rootOf('cora', 'saga')), 'the folder that it made is gone, too');
  const view = await cora.game('saga');
  assert.equal([view.installed, view.operation, view.lastFailure?.code], [false, undefined, 'PEER_GONE']);
  assert.equal(terminalsOf(cora), ['install-failed']);
});

async function stopsUnpacking(archive: string): Promise<number> {
  const sinceMs = performance.now();
  await until('nobody unpacks any more', async () => (await processesWith(archive)).length === 0, { limitMs: 10_000 });
  return performance.now() - sinceMs;
}

scenario('S40: a cancelled streamed install stops the sender’s unpacker within a second', async (room) => {
  const { anna, cora, archive } = await midway(room, { bytesPerSecond: 8 * mib, share: 0.1 });
  await eventually('it unpacks', async () => (await processesWith(archive)).length > 0 || undefined);
  await cora.command('cancel', { gameId: 'saga' });
  const took = await stopsUnpacking(archive);
  assert.ok(took < 1_000, `it took ${took} ms`);
  const end = await cora.waitFor(terminals, ({ gameId }) => gameId === 'saga');
  assert.equal([end.event, end['streamed']], ['download-cancelled', true]);
  assert.not.ok(existsSync(room.rootOf('cora', 'saga')));
  assert.equal(terminalsOf(cora), ['download-cancelled']);
  // Nothing is stuck: the next one goes through.
  await capUpload(anna, 1_000 * mib);
  await cora.command('streamInstall', { gameId: 'saga' });
  await endsWith(cora, 'install-finished', 'saga');
  assertSameTree(await room.treeOf('cora', 'saga/local'), room.made('anna', 'saga').installed);
  assert.is(countOf(cora, 'download-begin', 'saga'), 2);
});

scenario('S40: a receiver that is killed stops the sender’s unpacker within a second, and recovers', async (room) => {
  const { anna, cora, archive } = await midway(room, { bytesPerSecond: 8 * mib, share: 0.1 });
  await cora.kill9();
  const took = await stopsUnpacking(archive);
  assert.ok(took < 1_000, `it took ${took} ms`);
  assert.ok(existsSync(join(room.rootOf('cora', 'saga'), '.local.installing')));
  const again = await room.peer('cora', { knows: [anna] });
  assert.not.ok(existsSync(room.rootOf('cora', 'saga')), 'recovery deleted the folder that it made');
  await sees(again, anna);
  await isOffered(again, 'saga');
});

scenario('S40: when one of two unpackers dies the other one is stopped, and the failure says why', async (room) => {
  const { anna, cora, archive } = await midway(room, { bytesPerSecond: 8 * mib, share: 0.1 });
  const wanted = Math.min(2, availableParallelism());
  const [unpacker = 0] = await eventually('both unpack', async () => {
    const found = await processesWith(archive);
    return found.length === wanted ? found : undefined;
  });
  process.kill(unpacker, 'SIGKILL');
  const end = await endsWith(cora, 'install-failed', 'saga');
  assert.equal([end['code'], end['peerId']], ['UNPACKER_FAILED', anna.peerId]);
  assert.match(String(end['message']), /something else on the PC ended it/);
  assert.ok((await stopsUnpacking(archive)) < 1_000);
  assert.not.ok(existsSync(room.rootOf('cora', 'saga')));
  await capUpload(anna, 1_000 * mib);
  const since = cora.mark();
  await cora.command('streamInstall', { gameId: 'saga' });
  await endsWith(cora, 'install-finished', 'saga', { since });
  assertSameTree(await room.treeOf('cora', 'saga/local'), room.made('anna', 'saga').installed);
});

runScenarios();
