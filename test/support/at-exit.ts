/** What is done when the test's process exits, however it does. One listener for all: their number has no limit then. */
import { toDisposable, type IDisposable } from '../../app/core/base/index.ts';

const cleanups = new Set<() => void>();

process.once('exit', () => {
  for (const cleanup of cleanups) {
    try {
      cleanup();
    } catch (error) {
      // The others still have theirs to do.
      console.error(error);
    }
  }
});

/** Calls `cleanup`, which must be synchronous, at the exit of this process; not any more once disposed. */
export function atExit(cleanup: () => void): IDisposable {
  // Each call counts, also of the same function.
  const own = (): void => cleanup();
  cleanups.add(own);
  return toDisposable(() => cleanups.delete(own));
}
