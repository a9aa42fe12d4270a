/**
 * The first of these signals from now on. Asked for before a core is started, so that one which comes meanwhile still ends
 * it in order; a second one of the same kind ends the process at once.
 */
export function askedToEnd(signals: readonly NodeJS.Signals[]): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of signals) process.once(signal, () => resolve(signal));
  });
}
