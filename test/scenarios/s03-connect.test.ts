import * as assert from 'uvu/assert';
import { smallGame } from '../support/games.ts';
import { runScenarios, scenario } from '../support/scenario.ts';
import { downloads, isOffered, offers, sees } from '../support/story.ts';
import { assertSameTree } from '../support/trees.ts';

const game = smallGame('one');

scenario('S3: without discovery peers meet by an address that is given later', async (room) => {
  room.lists(game);
  const anna = await room.peer('anna', { has: [game] });
  const bela = await room.peer('bela');
  assert.equal(await bela.peers(), []);
  const [address] = anna.addresses;
  await bela.command('connectPeer', { address });
  await bela.waitFor('peer-connected', ({ peerId }) => peerId === anna.peerId);
  assert.equal(offers(await sees(bela, anna)), ['one 1.0 Ready']);
  await sees(anna, bela);
  await downloads(bela, 'one');
  assertSameTree(await room.treeOf('bela', 'one'), room.made('anna', 'one').tree);
});

scenario('S3: every address a peer names is one that it can be reached at', async (room) => {
  room.lists(game);
  const anna = await room.peer('anna', { has: [game] });
  assert.ok(anna.addresses.length > 0);
  for (const [index, address] of anna.addresses.entries()) {
    const guest = await room.peer(`guest-${index}`);
    await guest.command('connectPeer', { address });
    await isOffered(guest, 'one');
    await guest.quit();
  }
});

scenario('S3: an address that is none, and one where nobody is, are refused with their codes', async (room) => {
  const bela = await room.peer('bela');
  assert.is((await bela.refusal('connectPeer', { address: 'the PC over there' })).code, 'INVALID_ADDRESS');
  const refusal = await bela.refusal('connectPeer', { address: '/ip4/127.0.0.1/tcp/9' });
  assert.ok(['PEER_UNREACHABLE', 'PEER_TIMEOUT'].includes(refusal.code), refusal.message);
});

scenario('S27: a peer refuses to connect to itself, by address and by identity', async (room) => {
  room.lists(game);
  const anna = await room.peer('anna', { has: [game] });
  const bela = await room.peer('bela');
  for (const own of anna.addresses) {
    assert.is((await anna.refusal('connectPeer', { address: own })).code, 'SELF_CONNECT', own);
    const nameless = own.split('/p2p/')[0];
    assert.is((await anna.refusal('connectPeer', { address: nameless })).code, 'SELF_CONNECT', nameless);
  }
  for (const foreign of bela.addresses) {
    const disguised = `${foreign.split('/p2p/')[0]}/p2p/${anna.peerId}`;
    assert.is((await anna.refusal('connectPeer', { address: disguised })).code, 'SELF_CONNECT', disguised);
  }
  // Proof that the refusals did no harm: the same process still meets others, and only them.
  await anna.command('connectPeer', { address: bela.addresses[0] });
  await sees(anna, bela);
  assert.equal(
    (await anna.peers()).map(({ peerId }) => peerId),
    [bela.peerId],
  );
  assert.is((await anna.game('one')).peerCount, 0);
});

runScenarios();
