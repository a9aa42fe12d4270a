import { relative, sep } from 'node:path';
import watcher from '@parcel/watcher';
import { isGameId, type Clock, type GameId, type Logger } from '../base/index.ts';

export interface WatchOptions {
  readonly gamesDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Something in these roots changed; `nested`: below the top level too. */
  readonly onChanged: (ids: ReadonlySet<GameId>) => void;
}

/** Bursts are gathered for this long, in milliseconds. */
const gatherMs = 150;

/** What happens inside an installed game or our staging says nothing about what is offered. */
const ignored = ['*/local/**', '*/.local.installing/**', '*/.local.backup/**', '*/.local.conflict-*/**', '*/.sync/**'];

/** Watches the games folder with one subscription. Errors: what the platform's watcher throws. */
export async function watchGames({ gamesDir, clock, logger, onChanged }: WatchOptions): Promise<AsyncDisposable> {
  const changed = new Set<GameId>();
  let timer: Disposable | undefined;
  const flush = (): void => {
    timer = undefined;
    const ids = new Set(changed);
    changed.clear();
    onChanged(ids);
  };
  const subscription = await watcher.subscribe(
    gamesDir,
    (error, events) => {
      if (error) {
        logger.warn({ err: error }, 'the watcher of the games folder failed; the periodic scan goes on');
        return;
      }
      for (const { path } of events) {
        const name = relative(gamesDir, path).split(sep)[0];
        if (isGameId(name)) changed.add(name);
      }
      if (changed.size > 0) timer ??= clock.timeout(flush, gatherMs);
    },
    { ignore: ignored },
  );
  return {
    async [Symbol.asyncDispose]() {
      timer?.[Symbol.dispose]();
      await subscription.unsubscribe();
    },
  };
}
