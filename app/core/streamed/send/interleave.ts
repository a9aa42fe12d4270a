import { anySignal, LanspreadError } from '../../base/index.ts';

/** Makes one of the streams; the signal ends it early. */
export type MakeStream<T> = (stop: AbortSignal) => AsyncGenerator<T, void, undefined>;

interface Running<T> {
  readonly stream: AsyncGenerator<T, void, undefined>;
  next: Promise<{ readonly of: Running<T>; readonly result: IteratorResult<T, void> }>;
}

/**
 * What several streams give, as it comes: some at a time, which is asked before another one is begun, in their order. What
 * one gave is used before it is asked for more. All are over once it settles or is left. Errors: the first of any.
 */
export async function* interleave<T>(
  streams: readonly MakeStream<T>[],
  { atATime, signal }: { atATime: () => number; signal: AbortSignal },
): AsyncGenerator<T, void, undefined> {
  const stop = new AbortController();
  const both = anySignal(signal, stop.signal);
  const waiting = Array.from(streams);
  const running: Running<T>[] = [];
  const ask = (entry: Running<T>): void => {
    entry.next = entry.stream.next().then((result) => ({ of: entry, result }));
    // Looked at when its turn comes, or never once another one failed.
    entry.next.catch(() => {});
  };
  try {
    for (;;) {
      while (running.length < Math.max(1, atATime())) {
        const make = waiting.shift();
        if (!make) break;
        const entry = { stream: make(both) } as Running<T>;
        ask(entry);
        running.push(entry);
      }
      if (running.length === 0) return;
      const { of, result } = await Promise.race(running.map(({ next }) => next));
      // The others come first the next time.
      running.splice(running.indexOf(of), 1);
      if (result.done) continue;
      running.push(of);
      yield result.value;
      ask(of);
    }
  } finally {
    stop.abort(new LanspreadError('CANCELLED'));
    await Promise.allSettled(running.map(({ stream }) => stream.return()));
  }
}
