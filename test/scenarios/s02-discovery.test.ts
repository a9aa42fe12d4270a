import * as assert from 'uvu/assert';
import { bulkGame, kib, smallGame } from '../support/games.ts';
import type { PeerProcess } from '../support/peer.ts';
import { lanScenario, runScenarios } from '../support/scenario.ts';
import { isOffered, offers, sees } from '../support/story.ts';
import { until } from '../support/eventually.ts';

const shared = smallGame('shared');
const annas = bulkGame('annas', 10 * kib, { version: '20240817' });
const belas = bulkGame('belas', 20 * kib);

async function showsWhole(viewer: PeerProcess, owner: PeerProcess, expected: string[]): Promise<void> {
  await until(
    `${viewer.name} shows all games of ${owner.name}`,
    async () => offers(await sees(viewer, owner)).join() === expected.join(),
  );
}

lanScenario(
  'S2: two peers find each other by discovery alone and show each other their whole lists',
  ['anna', 'bela'],
  async (room) => {
    room.lists(shared, annas, belas);
    const [anna, bela] = await Promise.all([
      room.peer('anna', { has: [shared, annas] }),
      room.peer('bela', { has: [shared, belas] }),
    ]);
    const discovered = await bela.waitFor('peer-discovered', ({ peerId }) => peerId === anna.peerId);
    await bela.waitFor('peer-connected', ({ peerId }) => peerId === anna.peerId);
    await anna.waitFor('peer-connected', ({ peerId }) => peerId === bela.peerId);
    assert.match(JSON.stringify(discovered['addresses']), room.lan?.host('anna').address ?? 'no LAN');
    await showsWhole(bela, anna, ['annas 20240817 Ready', 'shared 1.0 Ready']);
    await showsWhole(anna, bela, ['belas 1.0 Ready', 'shared 1.0 Ready']);
    assert.is((await sees(bela, anna)).name, 'anna');
  },
);

lanScenario('S4: a third peer joins later, sees both and is seen by both', ['anna', 'bela', 'cora'], async (room) => {
  room.lists(shared, annas, belas);
  const [anna, bela] = await Promise.all([
    room.peer('anna', { has: [shared, annas] }),
    room.peer('bela', { has: [belas] }),
  ]);
  await Promise.all([sees(anna, bela), sees(bela, anna)]);
  const cora = await room.peer('cora', { has: [shared] });
  await showsWhole(cora, anna, ['annas 20240817 Ready', 'shared 1.0 Ready']);
  await showsWhole(cora, bela, ['belas 1.0 Ready']);
  await showsWhole(anna, cora, ['shared 1.0 Ready']);
  await showsWhole(bela, cora, ['shared 1.0 Ready']);
  await isOffered(bela, 'shared', 2);
});

/** From now until the viewer was told of the loss and lists neither the peer nor its games, in milliseconds. */
async function timeToForget(viewer: PeerProcess, lost: PeerProcess, limitMs: number): Promise<number> {
  const started = performance.now();
  await viewer.waitFor('peer-lost', ({ peerId }) => peerId === lost.peerId, { limitMs });
  await isOffered(viewer, 'annas', 0, 2_000);
  assert.equal(
    (await viewer.peers()).filter(({ peerId }) => peerId === lost.peerId),
    [],
  );
  return performance.now() - started;
}

lanScenario('S5: the others drop the games of a peer that stops within 1 s', ['anna', 'bela'], async (room) => {
  room.lists(annas);
  const [anna, bela] = await Promise.all([room.peer('anna', { has: [annas] }), room.peer('bela')]);
  await isOffered(bela, 'annas');
  const [elapsedMs] = await Promise.all([timeToForget(bela, anna, 5_000), anna.quit()]);
  assert.ok(elapsedMs < 1_000, `it took ${Math.round(elapsedMs)} ms`);
});

lanScenario('S5: the others drop the games of a killed peer within 13 s', ['anna', 'bela'], async (room) => {
  room.lists(annas);
  const [anna, bela] = await Promise.all([room.peer('anna', { has: [annas] }), room.peer('bela')]);
  await isOffered(bela, 'annas');
  await anna.kill9();
  const elapsedMs = await timeToForget(bela, anna, 20_000);
  assert.ok(elapsedMs < 13_000, `it took ${Math.round(elapsedMs)} ms`);
});

lanScenario(
  'S5: the others drop the games of a peer whose cable is out, and have them again when it is back',
  ['anna', 'bela'],
  async (room) => {
    room.lists(annas);
    const [anna, bela] = await Promise.all([room.peer('anna', { has: [annas] }), room.peer('bela')]);
    await isOffered(bela, 'annas');
    room.lan?.plug('anna', 'out');
    const elapsedMs = await timeToForget(bela, anna, 20_000);
    assert.ok(elapsedMs < 17_000, `it took ${Math.round(elapsedMs)} ms`);
    room.lan?.plug('anna', 'in');
    await isOffered(bela, 'annas', 1, 30_000);
  },
);

runScenarios();
