/** Tells those who fetch the same content what is here already, and what is on its way. */
import { anySignal, sleep, throwIfAborted, type Clock, type GameId } from '../base/index.ts';
import { askHaveSchema, limits, protocols, type Have } from '../protocol/index.ts';
import type { PeerNetwork, PeerStream } from '../peers/index.ts';
import { toRuns } from './block-runs.ts';
import type { LivePartial } from './live-partial.ts';

export interface ServeHaveOptions {
  peers: Pick<PeerNetwork, 'handle'>;
  partialOf: (id: GameId) => LivePartial | undefined;
  isServable: (id: GameId) => boolean;
  clock: Clock;
}

/** News are told this often, in milliseconds: often enough for a block to travel on while it is rare. */
const tellPeriodMs = 200;
/** Without news something is said all the same, or the stream would count as idle. */
const aliveEveryMs = limits.requestIdleMs / 3;

export function serveHave({ peers, partialOf, isServable, clock }: ServeHaveOptions): Disposable {
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
    await tell(stream, { partial, clock, signal });
  });
}

/** Until the download or the stream ends. */
async function tell(
  stream: PeerStream,
  { partial, clock, signal }: { partial: LivePartial; clock: Clock; signal: AbortSignal },
): Promise<void> {
  const ended = anySignal(signal, partial.ended);
  let told = partial.arrivals;
  let claims = '';
  let toldAtMs = clock.monotonicMs();
  let bitmap: string | undefined = Buffer.from(partial.verified.toBytes()).toString('base64');
  for (;;) {
    const added = toRuns(partial.arrivedSince(told)).slice(0, limits.haveRuns);
    const fetching = partial.claims().slice(0, limits.haveRuns);
    const text = JSON.stringify(fetching);
    const isNews = bitmap !== undefined || added.length > 0 || text !== claims;
    if (isNews || clock.monotonicMs() - toldAtMs >= aliveEveryMs) {
      const have: Have = { ok: true, added, fetching, ...(bitmap !== undefined && { bitmap }) };
      await stream.writeMessage(have);
      told += added.reduce((sum, [, count]) => sum + count, 0);
      claims = text;
      toldAtMs = clock.monotonicMs();
      bitmap = undefined;
    }
    try {
      await sleep(tellPeriodMs, { signal: ended, clock });
    } catch {
      throwIfAborted(signal);
      return;
    }
  }
}
