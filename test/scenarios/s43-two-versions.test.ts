import * as assert from 'uvu/assert';
import { PROTOCOL_VERSION, protocols } from '../../app/core/protocol/index.ts';
import { smallGame } from '../support/games.ts';
import { Refused } from '../support/peer.ts';
import { rawPeer, validHello } from '../support/raw-peer.ts';
import { runScenarios, scenario } from '../support/scenario.ts';

const another = PROTOCOL_VERSION + 1;

scenario('S43: two protocol versions meet: neither crashes, and both say that they are incompatible', async (room) => {
  room.lists(smallGame('one'));
  const anna = await room.peer('anna', { has: [smallGame('one')] });
  await using newer = await rawPeer();
  const heard: unknown[] = [];
  await newer.serve(protocols.hello, async (stream) => {
    heard.push(JSON.parse(Buffer.from(await stream.readFrame()).toString()));
    // A later version may say anything else, and nothing that this one knows.
    await stream.writeMessage({ protocol: another, greeting: ['something', 'new'] });
    await stream.close();
  });

  // Anna calls.
  const refusal = await anna.command('connectPeer', { address: newer.address('tcp') }).then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(refusal instanceof Refused, String(refusal));
  assert.is(refusal.code, 'INCOMPATIBLE_PEER');
  const told = await anna.waitFor('peer-incompatible', ({ peerId }) => peerId === newer.peerId);
  assert.match(String(told['reason']), `${another}`);
  assert.match(String(told['reason']), `${PROTOCOL_VERSION}`);
  assert.is(heard.length, 1);

  // The other one calls, and learns Anna's version.
  const [address = ''] = anna.addresses.filter((text) => text.includes('/tcp/'));
  const connection = await newer.dial(address);
  const answer = await newer.hello(connection, { ...validHello(), protocol: another });
  assert.equal(JSON.parse(Buffer.from(await answer.readFrame()).toString()), { protocol: PROTOCOL_VERSION });
  assert.equal(await anna.peers(), []);
  assert.ok((await anna.game('one')).downloaded, 'Anna goes on');
});

runScenarios();
