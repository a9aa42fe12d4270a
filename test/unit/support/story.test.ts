import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { eventually, until } from '../../support/eventually.ts';
import { blockBytes } from '../../support/games.ts';
import { blockCount, servedIn } from '../../support/story.ts';

const verified = (
  peerId: string,
  firstBlock: number,
  count: number,
  file = 'a.eti',
): { event: string; [key: string]: unknown } => ({
  event: 'blocks-verified',
  gameId: 'saga',
  peerId,
  file,
  firstBlock,
  count,
});

test('served blocks are counted by peer, and those that came twice are named', () => {
  const served = servedIn(
    [
      verified('anna', 0, 3),
      verified('bela', 3, 1),
      verified('bela', 2, 1),
      verified('bela', 0, 1, 'b.eti'),
      { event: 'other' },
    ],
    'saga',
  );
  assert.equal(
    [...served.byPeer],
    [
      ['anna', 3],
      ['bela', 3],
    ],
  );
  assert.equal(served.twice, ['a.eti#2']);
  assert.is(served.blocks.length, 6);
});

test('a malformed blocks-verified event is not counted as nothing', () => {
  assert.throws(() => servedIn([verified('anna', 0, Number.NaN)], 'saga'), /malformed/);
});

test('blocks are counted as the wire cuts them, without the sentinel', () => {
  const file = (path: string, sizeBytes: number) => ({
    path,
    kind: 'file' as const,
    sizeBytes,
    hash: '',
    executable: false,
  });
  assert.is(
    blockCount([file('a', 0), file('b', 1), file('c', blockBytes), file('d', blockBytes + 1), file('version.ini', 9)]),
    4,
  );
});

test('a condition is waited for, and one that never holds ends at its limit with what it was', async () => {
  let asked = 0;
  await until('three questions', () => (asked += 1) >= 3);
  assert.is(asked, 3);
  const failure = await eventually('the impossible', () => undefined, { limitMs: 50 }).catch(String);
  assert.match(failure ?? 'it held', 'not within 0.05 s: the impossible');
});

test.run();
