import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { chooseLanes, type Lane } from '../../../app/core/lanes/index.ts';
import type { Peer } from '../../../app/core/peers/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

type Options = Parameters<typeof chooseLanes>[0];

function lab() {
  const clock = new VirtualClock();
  const named = (name: string) => ({ blocks: { name } as unknown as Lane, streams: { name } as never });
  const [tls, control] = [named('tls'), named('control')] as const;
  const here = new Map<string, Partial<Peer>>([
    ['ann', { lane: { addresses: [], fingerprint: '' } }],
    ['old', {}],
  ]);
  const peers: Options['peers'] = { get: (peerId) => here.get(peerId) as Peer | undefined };
  return { clock, tls, control, here, lanes: chooseLanes({ peers, tls, control, clock }) };
}

test('the byte lane where there is one, the control plane for who has none', () => {
  const { lanes, tls, control } = lab();
  assert.is(lanes.of('ann'), tls.blocks);
  assert.is(lanes.streams.of('ann'), tls.streams);
  assert.is(lanes.of('old'), control.blocks);
});

test('a blocked byte lane is left at once, for blocks and streams, and tried again later and later', async () => {
  const { clock, lanes, tls, control } = lab();
  for (const pauseMs of [10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]) {
    assert.ok(lanes.onFailed('ann', tls.blocks), 'there is another one');
    assert.ok(lanes.onFailed('ann', tls.blocks), 'what failed at the same time counts once');
    await clock.advance(pauseMs - 1);
    assert.is(lanes.of('ann'), control.blocks);
    assert.is(lanes.streams.of('ann'), control.streams);
    await clock.advance(1);
    assert.is(lanes.of('ann'), tls.blocks, `after ${pauseMs} ms`);
  }
});

test('a stream that finds the byte lane blocked tells the blocks, too', () => {
  const { lanes, tls, control } = lab();
  assert.ok(lanes.streams.onFailed('ann', tls.streams));
  assert.is(lanes.of('ann'), control.blocks);
});

test('when the control plane fails, or the peer is gone, there is no other lane', () => {
  const { here, lanes, tls, control } = lab();
  assert.not(lanes.onFailed('ann', control.blocks));
  assert.not(lanes.streams.onFailed('ann', control.streams));
  here.delete('ann');
  assert.not(lanes.onFailed('ann', tls.blocks));
});

test('a new session begins without the old failures', () => {
  const { lanes, tls } = lab();
  lanes.onFailed('ann', tls.blocks);
  lanes.forget('ann');
  assert.is(lanes.of('ann'), tls.blocks);
});

test.run();
