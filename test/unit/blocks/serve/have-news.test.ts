import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Bitmap } from '../../../../app/core/base/index.ts';
import { blockSizeBytes } from '../../../../app/core/protocol/index.ts';
import type { BlockRun } from '../../../../app/core/blocks/schedule/block-runs.ts';
import { HaveNews, isDue, lookPeriodMs, type Look } from '../../../../app/core/blocks/serve/have-news.ts';
import { LivePartial } from '../../../../app/core/blocks/live-partial.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { layoutOfSizes } from '../../../support/manifests.ts';

const test = suite('news of a download');

const told: Look = { nowMs: 1_000, arrivals: 5, claims: '[[0,4]]' };

test('another piece fetched from a seed is told at once', () => {
  assert.ok(isDue(told, { ...told, nowMs: 1_001, claims: '[[4,4]]' }));
  assert.ok(isDue(told, { ...told, nowMs: 1_001, claims: '[]' }));
});

test('what came meanwhile waits for company, a second at the most', () => {
  assert.not.ok(isDue(told, { ...told, nowMs: 1_500, arrivals: 9 }));
  assert.ok(isDue(told, { ...told, nowMs: 2_000, arrivals: 9 }));
});

test('nothing new is told only so that the stream does not count as idle', () => {
  assert.not.ok(isDue(told, { ...told, nowMs: 5_000 }));
  assert.ok(isDue(told, { ...told, nowMs: 61_000 }));
});

test('one look serves all who listen, and nobody looks when nobody listens', async () => {
  const clock = new VirtualClock();
  let looks = 0;
  let claims: BlockRun[] = [[0, 4]];
  const partial = new LivePartial({
    manifestRoot: 'a'.repeat(64),
    gameRoot: '/none',
    layout: layoutOfSizes([20 * blockSizeBytes]),
    verified: new Bitmap(20),
    claims: () => {
      looks += 1;
      return claims;
    },
  });
  const news = new HaveNews(partial, clock);
  const { signal } = new AbortController();
  const first = news.look();
  const listeners = Array.from({ length: 50 }, () => news.next(first, { signal }));
  looks = 0;
  await clock.advance(3 * lookPeriodMs);
  assert.is(looks, 3);
  claims = [];
  await clock.advance(lookPeriodMs);
  await Promise.all(listeners);
  assert.is(looks, 4);
  assert.is(clock.pendingCount, 0);
});

test('who leaves is not waited for', async () => {
  const clock = new VirtualClock();
  const partial = new LivePartial({
    manifestRoot: 'a'.repeat(64),
    gameRoot: '/none',
    layout: layoutOfSizes([blockSizeBytes]),
    verified: new Bitmap(1),
    claims: () => [],
  });
  const news = new HaveNews(partial, clock);
  const leaving = new AbortController();
  const waiting = news.next(news.look(), { signal: leaving.signal }).catch(({ code }: { code: string }) => code);
  leaving.abort();
  assert.is(await waiting, 'CANCELLED');
  assert.is(clock.pendingCount, 0);
});

test.run();
