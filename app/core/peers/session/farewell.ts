import type { Clock } from '../../base/index.ts';
import { protocols } from '../../protocol/index.ts';
import type { Session } from './session.ts';

/** Tells a peer that this node goes. Resolves when the peer has heard it. */
export async function sayGoodbye(session: Session): Promise<void> {
  using stream = await session.openOwn(protocols.goodbye, session.signal);
  await stream.writeMessage({});
  await stream.close();
  // The other side ends its half when it has read the goodbye.
  await stream.readSome(1);
}

/** Waits for all, however they end, but no longer than the limit. */
export async function within(
  { clock, limitMs }: { clock: Clock; limitMs: number },
  work: readonly Promise<unknown>[],
): Promise<void> {
  const { promise: timeIsUp, resolve } = Promise.withResolvers<void>();
  using _limit = clock.timeout(resolve, limitMs);
  await Promise.race([Promise.allSettled(work), timeIsUp]);
}
