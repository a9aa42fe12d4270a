import * as assert from 'uvu/assert';
import { kib, manyFilesGame, smallGame } from '../support/games.ts';
import { lanScenario, runScenarios } from '../support/scenario.ts';
import { assertFetchedOnce, blockCount, downloads, isOffered, servedIn } from '../support/story.ts';
import { until } from '../support/eventually.ts';
import { assertSameTree } from '../support/trees.ts';

const files = 5_000;
/** A request for one file takes some 300 bytes on the wire with everything around it; acknowledgements take a few. */
const upstreamBytesPerFile = 120;

lanScenario(
  'S34: 5,000 small files come without a round trip each, and nothing is left open',
  ['anna', 'bela'],
  async (room) => {
    const [first, many] = [smallGame('first'), manyFilesGame('many', files, 2 * kib)];
    room.lists(first, many);
    const anna = await room.peer('anna', { has: [first, many] });
    const bela = await room.peer('bela', { knows: [anna] });
    await isOffered(bela, 'many');
    await downloads(bela, 'first');
    const openBefore = [anna, bela].map((peer) => peer.openFiles() ?? 0);

    const sentBefore = room.lan?.sentBytes('bela') ?? 0;
    const started = performance.now();
    await downloads(bela, 'many');
    const seconds = (performance.now() - started) / 1000;
    const sentBytes = (room.lan?.sentBytes('bela') ?? 0) - sentBefore;

    assertSameTree(await room.treeOf('bela', 'many'), room.made('anna', 'many').tree);
    const { blocks } = servedIn(bela.events, 'many');
    assert.is(blocks.length, blockCount(room.made('anna', 'many').tree));
    const both = room.made('anna', 'many').payloadBytes + room.made('anna', 'first').payloadBytes;
    await assertFetchedOnce(bela, both);
    assert.ok(
      sentBytes > 0 && sentBytes < files * upstreamBytesPerFile,
      `the receiver sent ${sentBytes} bytes for ${files} files`,
    );
    assert.ok(seconds < 40, `it took ${seconds.toFixed(1)} s`);
    for (const [index, peer] of [anna, bela].entries()) {
      const before = openBefore[index] ?? 0;
      await until(`${peer.name} closes what it opened`, () => (peer.openFiles() ?? 0) <= before + 12, {
        limitMs: 10_000,
      });
    }
  },
);

runScenarios();
