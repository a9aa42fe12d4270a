/** Listens to the news of a peer that fetches the same content, while both fetch it. */
import { Bitmap, LanspreadError, type Clock, type GameId } from '../base/index.ts';
import { haveSchema, protocols, type Have } from '../protocol/index.ts';
import type { PeerNetwork } from '../peers/index.ts';
import type { BlockRun } from './schedule/block-runs.ts';
import { withPeerStream } from '../peers/index.ts';
import { HaveCheck, nonsense } from './have-check.ts';

interface WatchHaveOptions {
  readonly peers: Pick<PeerNetwork, 'open'>;
  readonly peerId: string;
  readonly gameId: GameId;
  readonly manifestRoot: string;
  readonly blockCount: number;
  /** The blocks that the peer had when it was asked. */
  readonly onHave: (have: Bitmap) => void;
  readonly onNews: (news: { added: readonly BlockRun[]; claims: readonly BlockRun[] }) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A peer that sends more messages than this within `burstMs` is not sending real news. */
const burstMessages = 40;
const burstMs = 1_000;

/** Settles when the peer has no more news. Errors: `BAD_MESSAGE`, `GAME_NOT_FOUND`, those of a stream, `CANCELLED`. */
export async function watchHave(options: WatchHaveOptions): Promise<void> {
  const { peers, peerId, gameId, manifestRoot, blockCount, onHave, onNews, clock, signal } = options;
  await withPeerStream(peers, { peerId, protocol: protocols.have, signal }, async (stream) => {
    await stream.writeMessage({ id: gameId, root: manifestRoot });
    const told = new HaveCheck(blockCount);
    const next = async (): Promise<Extract<Have, { ok: true }>> => {
      const have = await stream.readMessage(haveSchema, 'Have');
      if (!have.ok) throw new LanspreadError('GAME_NOT_FOUND', { message: have.message, details: { peerId } });
      told.check(have);
      return have;
    };
    const first = await next();
    onHave(toBitmap(first.bitmap, blockCount));
    onNews({ added: first.added, claims: first.fetching });
    let burst = 0;
    let burstBeganMs = clock.monotonicMs();
    for (;;) {
      const { added, fetching } = await next();
      const nowMs = clock.monotonicMs();
      if (nowMs - burstBeganMs >= burstMs) [burst, burstBeganMs] = [0, nowMs];
      if ((burst += 1) > burstMessages) throw nonsense('The peer tells news too often.');
      onNews({ added, claims: fetching });
    }
  });
}

function toBitmap(text: string | undefined, blockCount: number): Bitmap {
  const bytes = Buffer.from(text ?? '', 'base64');
  if (text === undefined || bytes.length !== Math.ceil(blockCount / 8))
    throw nonsense("The peer's bitmap is not of this manifest.");
  return new Bitmap(blockCount, bytes);
}
