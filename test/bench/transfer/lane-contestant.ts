import type { LaneOffer } from '../../../app/core/protocol/index.ts';
import { Helper } from '../bench.ts';
import type { Contestant } from './contestant.ts';

interface PeerFacts {
  readonly peakBytes: number;
  readonly loopP99Ms: number;
  readonly cpuMs: number;
}

/** The byte lane between two processes that live as long as the bench, as two PCs' launchers would. */
export async function laneContestant(source: string): Promise<Contestant> {
  await using stack = new AsyncDisposableStack();
  const sender = stack.use(new Helper('./transfer/lane-peer.ts', [source]));
  const receiver = stack.use(new Helper('./transfer/lane-peer.ts', [source]));
  const offers = [await sender.ask<LaneOffer>({ op: 'offer' }), await receiver.ask<LaneOffer>({ op: 'offer' })];
  await sender.ask({ op: 'trust', offer: offers[1] });
  await receiver.ask({ op: 'trust', offer: offers[0] });
  const owned = stack.move();
  return {
    name: 'lane',
    run: async (target) => (await receiver.ask<{ ms: number }>({ op: 'fetch', target })).ms,
    async facts() {
      const [sent, received] = await Promise.all(
        [sender, receiver].map((peer) => peer.ask<PeerFacts>({ op: 'facts' })),
      );
      if (!sent || !received) throw new Error('no facts');
      return {
        senderPeakBytes: sent.peakBytes,
        receiverPeakBytes: received.peakBytes,
        senderLoopP99Ms: sent.loopP99Ms,
        receiverLoopP99Ms: received.loopP99Ms,
        senderCpuMs: sent.cpuMs,
        receiverCpuMs: received.cpuMs,
      };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
