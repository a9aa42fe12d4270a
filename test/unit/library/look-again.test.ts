import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseGameId, type GameId } from '../../../app/core/base/index.ts';
import { LookAgain } from '../../../app/core/library/look-again.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const [quake, doom] = [parseGameId('quake'), parseGameId('doom')];

/** Games that cannot be seen until they are well, and when they were looked at, in seconds. */
function ward() {
  const clock = new VirtualClock();
  const ill = new Set<GameId>();
  const looks: string[] = [];
  const lookAgain: LookAgain = new LookAgain({
    clock,
    async look(ids) {
      looks.push(`${clock.monotonicMs() / 1_000}: ${[...ids].join(' ')}`);
      for (const id of ids) if (ill.has(id)) lookAgain.note(id);
    },
  });
  return { clock, ill, looks, lookAgain };
}

test('what could not be seen is looked at two seconds later, all of it together and once', async () => {
  const { clock, looks, lookAgain } = ward();
  lookAgain.note(quake);
  lookAgain.note(quake);
  await clock.advance(1_000);
  lookAgain.note(doom);
  await clock.advance(10_000);
  assert.equal([looks, clock.pendingCount], [['2: quake doom'], 0]);
});

test('while that fails the pauses grow to five minutes; they are short again after it went well', async () => {
  const { clock, ill, looks, lookAgain } = ward();
  ill.add(quake);
  lookAgain.note(quake);
  await clock.advance(1_500_000);
  const times = [2, 6, 14, 30, 62, 126, 254, 510, 810, 1_110, 1_410];
  assert.equal(
    looks,
    times.map((seconds) => `${seconds}: quake`),
  );
  ill.clear();
  await clock.advance(300_000);
  looks.length = 0;
  lookAgain.note(doom);
  await clock.advance(2_000);
  assert.is(looks.length, 1);
});

test('nobody looks once it is disposed', async () => {
  const { clock, looks, lookAgain } = ward();
  lookAgain.note(quake);
  lookAgain[Symbol.dispose]();
  lookAgain.note(doom);
  await clock.advance(10_000);
  assert.equal([looks, clock.pendingCount], [[], 0]);
});

test.run();
