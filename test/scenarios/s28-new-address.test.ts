import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import * as assert from 'uvu/assert';
import { until } from '../support/eventually.ts';
import { smallGame } from '../support/games.ts';
import type { PeerProcess } from '../support/peer.ts';
import { lanScenario, runScenarios, scenario, type Room } from '../support/scenario.ts';
import { downloads, isOffered, sees } from '../support/story.ts';
import { assertSameTree } from '../support/trees.ts';

const game = smallGame('one');
const own = smallGame('two');

/** Who came back elsewhere is the same peer: listed once, at its new addresses, with its library, and it serves. */
async function isTheSame(room: Room, viewer: PeerProcess, before: PeerProcess, after: PeerProcess): Promise<void> {
  assert.is(after.peerId, before.peerId);
  await until(`${viewer.name} knows the new addresses`, async () => {
    const { addresses } = await sees(viewer, after);
    return after.addresses.every((address) => addresses.includes(address));
  });
  await isOffered(viewer, 'one');
  assert.equal(
    (await viewer.peers()).map(({ peerId }) => peerId),
    [before.peerId],
  );
  await downloads(viewer, 'one');
  assertSameTree(await room.treeOf(viewer.name, 'one'), room.made('anna', 'one').tree);
  await downloads(after, 'two');
  assert.ok((await after.game('one')).downloaded, 'its library is what it was');
}

/** Takes the ports of these addresses on loopback. */
async function squatOn(addresses: readonly string[]): Promise<AsyncDisposable> {
  await using taken = new AsyncDisposableStack();
  for (const address of addresses) {
    const [, protocol, port] = /\/(tcp|udp)\/(\d+)/.exec(address) ?? [];
    if (protocol === 'tcp') {
      const server = createServer();
      taken.defer(() => void server.close());
      await once(server.listen(Number(port), '127.0.0.1'), 'listening');
    } else {
      const socket = createSocket('udp4');
      taken.defer(() => void socket.close());
      await once(socket.bind(Number(port), '127.0.0.1'), 'listening');
    }
  }
  return taken.move();
}

for (const [how, end] of [
  ['stopped', (peer: PeerProcess) => peer.quit()],
  ['was killed', (peer: PeerProcess) => peer.kill9()],
] as const) {
  lanScenario(
    `S28: a peer that ${how} and starts again on other ports is the same peer, with its library`,
    ['anna', 'bela'],
    async (room) => {
      room.lists(game, own);
      const [before, bela] = await Promise.all([room.peer('anna', { has: [game] }), room.peer('bela', { has: [own] })]);
      await isOffered(bela, 'one');
      await end(before);
      const after = await room.peer('anna');
      await isTheSame(room, bela, before, after);
    },
  );
}

scenario('S28: without discovery, who comes back on other ports finds the others where they were', async (room) => {
  room.lists(game, own);
  const bela = await room.peer('bela', { has: [own] });
  const before = await room.peer('anna', { has: [game], knows: [bela] });
  await isOffered(bela, 'one');
  await before.quit();
  await isOffered(bela, 'one', 0);
  // Its old ports are somebody else's now.
  await using _squatter = await squatOn(before.addresses);
  // It is told no address: it remembers.
  const after = await room.peer('anna');
  assert.equal(
    after.addresses.filter((address) => before.addresses.includes(address)),
    [],
    'no address is as before',
  );
  await isTheSame(room, bela, before, after);
});

runScenarios();
