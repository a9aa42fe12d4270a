import { anySignal, LanspreadError } from '../../base/index.ts';

/** Creates one of the streams; the signal ends it early. */
export type MakeStream<T> = (stop: AbortSignal) => AsyncGenerator<T, void, undefined>;

interface Running<T> {
  readonly stream: AsyncGenerator<T, void, undefined>;
  next: Promise<{ readonly of: Running<T>; readonly result: IteratorResult<T, void> }>;
}

/**
 * Merges several streams: items come in the order in which they are ready. `atATime` says how many streams run at a
 * time; it is asked before another one begins, in their order. An item is used up before its stream is asked for more.
 * All streams have ended once it settles or is left. Errors: the first of any stream.
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
    // Handled when its turn comes, or never after another stream has failed.
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
      // Moved to the end, so that the other streams come first next time.
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
