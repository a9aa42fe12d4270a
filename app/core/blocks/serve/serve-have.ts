/** Tells peers that fetch the same content which blocks are here and which are on their way. */
import { anySignal, throwIfAborted, type Clock, type GameId } from '../../base/index.ts';
import { askHaveSchema, limits, protocols } from '../../protocol/index.ts';
import type { PeerNetwork, PeerStream } from '../../peers/index.ts';
import { toRuns } from '../schedule/block-runs.ts';
import { HaveNews } from './have-news.ts';
import type { LivePartial } from '../live-partial.ts';

interface ServeHaveOptions {
  peers: Pick<PeerNetwork, 'handle'>;
  partialOf: (id: GameId) => LivePartial | undefined;
  isServable: (id: GameId) => boolean;
  clock: Clock;
}

export function serveHave({ peers, partialOf, isServable, clock }: ServeHaveOptions): Disposable {
  const newsOf = new WeakMap<LivePartial, HaveNews>();
  return peers.handle(protocols.have, async (stream, { signal }) => {
    const { id, root } = await stream.readMessage(askHaveSchema, 'Have');
    const partial = isServable(id) ? partialOf(id) : undefined;
    if (partial?.manifestRoot !== root) {
      await stream.writeMessage({
        ok: false,
        code: 'GAME_NOT_FOUND',
        message: 'This content is not being fetched here.',
      });
      return;
    }
    let news = newsOf.get(partial);
    if (!news) newsOf.set(partial, (news = new HaveNews(partial, clock)));
    await tell(stream, { partial, news, signal });
  });
}

/** Sends news until the download or the stream ends. */
async function tell(
  stream: PeerStream,
  { partial, news, signal }: { partial: LivePartial; news: HaveNews; signal: AbortSignal },
): Promise<void> {
  const ended = anySignal(signal, partial.ended);
  let arrivals = partial.arrivals;
  let bitmap: string | undefined = Buffer.from(partial.verified.toBytes()).toString('base64');
  for (;;) {
    const { nowMs, fetching, claims } = news.look();
    const added = toRuns(partial.arrivedSince(arrivals)).slice(0, limits.haveRuns);
    await stream.writeMessage({ ok: true, added, fetching: [...fetching], ...(bitmap !== undefined && { bitmap }) });
    arrivals += added.reduce((sum, [, count]) => sum + count, 0);
    bitmap = undefined;
    try {
      await news.next({ nowMs, arrivals, claims }, { signal: ended });
    } catch {
      throwIfAborted(signal);
      return;
    }
  }
}
