/** When to dial again. Pure. */
const firstMs = 1_000;
const longestMs = 30_000;

/** The pause before attempt `failures + 1`, in milliseconds: 1, 2, 4 … 30 s, up to a quarter shorter by `random` in [0, 1). */
export function dialPauseMs(failures: number, random: number): number {
  const full = Math.min(longestMs, firstMs * 2 ** Math.max(0, failures - 1));
  return Math.round(full * (1 - random / 4));
}

/** Who of two that see each other dials first: the lower id at once, the other when it was not called by then. */
export function firstDialDelayMs(ownId: string, otherId: string): number {
  return ownId < otherId ? 0 : 500;
}
