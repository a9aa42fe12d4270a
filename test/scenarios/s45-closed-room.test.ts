import { writeFile } from 'node:fs/promises';
import * as assert from 'uvu/assert';
import { smallGame } from '../support/games.ts';
import { runScenarios, scenario } from '../support/scenario.ts';
import { downloads, isOffered, sees } from '../support/story.ts';

scenario(
  'S45: in a closed room a stranger without the key learns no game name; PCs with the key share',
  async (room) => {
    const game = smallGame('secretgame');
    room.lists(game);
    const anna = await room.peer('anna', { has: [game] });
    const key = `${anna.options.stateDir}/room.key`;
    await writeFile(key, Buffer.alloc(32, 7));
    assert.is(
      (await anna.refusal('settings.set', { name: 'roomKeyFile', value: `${key}.gone` })).code,
      'ROOM_KEY_INVALID',
    );
    await anna.command('settings.set', { name: 'roomKeyFile', value: key });
    await anna.quit();
    const closed = await room.peer('anna');
    const bela = await room.peer('bela');
    await bela.command('settings.set', { name: 'roomKeyFile', value: key });
    await bela.quit();
    const inside = await room.peer('bela', { knows: [closed] });
    await sees(inside, closed);
    const stranger = await room.peer('stranger', { knows: [closed, inside] });
    for (const [one, other] of [
      [stranger, closed],
      [closed, stranger],
    ] as const) {
      const refusal = await one.refusal('connectPeer', { address: other.addresses[0] ?? '' });
      assert.is(refusal.code, 'ROOM_CLOSED');
    }
    await isOffered(inside, 'secretgame');
    await downloads(inside, 'secretgame');
    assert.equal(await stranger.peers(), []);
    assert.equal(
      (await closed.peers()).map(({ peerId }) => peerId),
      [inside.peerId],
    );
    assert.is((await stranger.game('secretgame')).peerCount, 0);
  },
);

runScenarios();
