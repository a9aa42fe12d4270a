/**
 * The first of these signals from now on. Called before a core starts, so that a signal during the start still ends it in
 * order. A second signal of the same kind ends the process at once.
 */
export function askedToEnd(signals: readonly NodeJS.Signals[]): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of signals) process.once(signal, () => resolve(signal));
  });
}
