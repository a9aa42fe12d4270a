import * as assert from 'uvu/assert';
import { bulkGame, mib } from '../support/games.ts';
import type { PeerProcess } from '../support/peer.ts';
import { runScenarios, scenario } from '../support/scenario.ts';
import { capUpload, countOf, endsWith, isOffered } from '../support/story.ts';
import { assertSameTree } from '../support/trees.ts';
import { until } from '../support/eventually.ts';

const games = Array.from({ length: 10 }, (_, index) => bulkGame(`game-${index}`, 12 * mib));
const ids = games.map(({ id }) => id);

/** The most downloads that ran at a time, of all that the peer told. */
function mostAtATime(peer: PeerProcess): number {
  return Math.max(
    ...peer.events
      .filter(({ event }) => event === 'active-operations-changed')
      .map(({ operations }) => (operations as { kind: string }[]).filter(({ kind }) => kind !== 'Queued').length),
  );
}

/** The order in which downloads had their turn. */
function begun(peer: PeerProcess): string[] {
  const order = new Set<string>();
  for (const { event, operations } of peer.events) {
    if (event !== 'active-operations-changed') continue;
    for (const { gameId, kind } of operations as { gameId: string; kind: string }[])
      if (kind !== 'Queued') order.add(gameId);
  }
  return [...order];
}

async function queued(peer: PeerProcess): Promise<string[]> {
  const position = (game: { operation?: unknown }): number =>
    (game.operation as { queuePosition?: number } | undefined)?.queuePosition ?? 0;
  const waiting = (await peer.games()).filter((game) => position(game) > 0);
  return waiting.sort((a, b) => position(a) - position(b)).map(({ id }) => id);
}

for (const [how, end] of [
  ['quit', (peer: PeerProcess) => peer.quit()],
  ['killed', (peer: PeerProcess) => peer.kill9()],
] as const) {
  scenario(
    `S36: ten downloads, two at a time, reordered; after the receiver is ${how} the rest goes on in order`,
    async (room) => {
      room.lists(...games);
      const anna = await room.peer('anna', { has: games });
      await capUpload(anna, 12 * mib);
      const first = await room.peer('bela', { knows: [anna] });
      for (const id of ids) await isOffered(first, id);
      for (const gameId of ids) await first.command('download', { gameId, install: false });
      assert.equal(await queued(first), ids.slice(2));
      await first.command('moveInQueue', { gameId: 'game-9', to: 0 });
      await first.command('moveInQueue', { gameId: 'game-2', to: 99 });
      await first.command('pause', { gameId: 'game-5' });
      await endsWith(first, 'download-paused', 'game-5');
      const order = ['game-9', 'game-3', 'game-4', 'game-6', 'game-7', 'game-8', 'game-2'];
      assert.equal(await queued(first), order);
      assert.is((await first.refusal('moveInQueue', { gameId: 'game-0', to: 1 })).code, 'NO_OPERATION');
      await first.waitFor('download-finished');
      await end(first);
      assert.is(mostAtATime(first), 2);
      const done = ids.filter((id) => countOf(first, 'download-finished', id) > 0);

      await capUpload(anna, 100 * mib);
      const second = await room.peer('bela', { knows: [anna] });
      const left = ids.filter((id) => !done.includes(id) && id !== 'game-5');
      for (const id of left) await endsWith(second, 'download-finished', id);
      assert.is(mostAtATime(second), 2);
      const inOrder = ['game-0', 'game-1', ...order].filter((id) => left.includes(id));
      assert.equal(begun(second), inOrder);

      // The paused one waits for somebody to resume it.
      const paused = await second.game('game-5');
      assert.equal([paused.downloaded, paused.operation, paused.resumable?.bytes], [false, undefined, 0]);
      await second.command('resume', { gameId: 'game-5' });
      await endsWith(second, 'download-finished', 'game-5');
      for (const id of ids) assertSameTree(await room.treeOf('bela', id), room.made('anna', id).tree);
      for (const id of [...left, 'game-5']) assert.is(countOf(second, 'download-finished', id), 1, id);
    },
  );
}

scenario(
  'S36: a queue without peers after a restart waits for them, can be changed, and goes on when they come',
  async (room) => {
    room.lists(...games.slice(0, 4));
    const anna = await room.peer('anna', { has: games.slice(0, 4) });
    await capUpload(anna, 1 * mib);
    const first = await room.peer('bela', { knows: [anna] });
    for (const id of ids.slice(0, 4)) await isOffered(first, id);
    await first.command('settings.set', { name: 'maxConcurrentDownloads', value: 1 });
    for (const gameId of ids.slice(0, 4)) await first.command('download', { gameId, install: false });
    await first.waitFor('download-begin');
    await first.quit();
    await anna.quit();

    const second = await room.peer('bela');
    assert.equal(await queued(second), ['game-1', 'game-2', 'game-3']);
    await second.command('moveInQueue', { gameId: 'game-3', to: 0 });
    await second.command('cancel', { gameId: 'game-1' });
    await endsWith(second, 'download-cancelled', 'game-1');
    assert.equal(await queued(second), ['game-3', 'game-2']);
    const again = await room.peer('anna');
    // The receiver may be dialling the address that anna had before; then the call is repeated.
    await until('they are connected', async () => {
      const calls = again.addresses.map((address) => second.command('connectPeer', { address }));
      return (await Promise.allSettled(calls)).some(({ status }) => status === 'fulfilled');
    });
    // Somebody asks for one that would go on by itself: not a second download, and no refusal.
    await isOffered(second, 'game-2');
    await second.command('download', { gameId: 'game-2', install: false });
    for (const id of ['game-0', 'game-3', 'game-2']) await endsWith(second, 'download-finished', id);
    assert.is(countOf(second, 'download-begin', 'game-2'), 1);
    await until('nothing runs', async () => ((await second.command('status'))['operations'] as unknown[]).length === 0);
    assert.is((await second.game('game-1')).resumable, undefined);
  },
);

scenario('S36: the limit of concurrent downloads can be changed while they run', async (room) => {
  room.lists(...games.slice(0, 6));
  const anna = await room.peer('anna', { has: games.slice(0, 6) });
  await capUpload(anna, 16 * mib);
  const bela = await room.peer('bela', { knows: [anna] });
  for (const id of ids.slice(0, 6)) await isOffered(bela, id);
  for (const gameId of ids.slice(0, 6)) await bela.command('download', { gameId, install: false });
  assert.is((await queued(bela)).length, 4);
  await bela.command('settings.set', { name: 'maxConcurrentDownloads', value: 4 });
  assert.is((await queued(bela)).length, 2);
  for (const id of ids.slice(0, 6)) await endsWith(bela, 'download-finished', id);
  assert.is(mostAtATime(bela), 4);
});

runScenarios();
