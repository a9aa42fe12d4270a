/**
 * Decides whether a game is offered to others, or looks like an incomplete copy. Players copy game folders by hand, and
 * the file manager may write `version.ini` first. Pure.
 */

/**
 * Why a downloaded game is not offered. `settling`: it changed a moment ago; `incomplete`: it is smaller than the
 * catalog says.
 */
export type HeldBack = 'settling' | 'incomplete';

/**
 * When the files of a game folder changed last, in nanoseconds since 1970; undefined where the platform does not say.
 */
export interface ChangeTimes {
  readonly sentinelNs: bigint | undefined;
  /** The newest change of all payload files. */
  readonly payloadNs: bigint | undefined;
}

/**
 * Whether content that was never seen before is complete. It is if `version.ini` was written last, or if nothing has
 * changed for `settleMs`.
 */
export function isCompleteCopy(
  { sentinelNs, payloadNs }: ChangeTimes,
  { nowMs, settleMs }: { nowMs: number; settleMs: number },
): boolean {
  if (settleMs === 0 || sentinelNs === undefined || payloadNs === undefined) return true;
  if (sentinelNs >= payloadNs) return true;
  const quietMs = nowMs - Number(payloadNs / 1_000_000n);
  return quietMs >= settleMs;
}

/** People write a catalog's sizes, and a few stray files more or less mean nothing. */
const toleranceBytes = 1024 * 1024;
const toleranceShare = 0.01;

/** Whether a payload is as large as the catalog says, or larger. */
export function hasExpectedSize(sizeBytes: number, expectedBytes: number | undefined): boolean {
  if (!expectedBytes) return true;
  return sizeBytes >= expectedBytes - Math.max(toleranceBytes, toleranceShare * expectedBytes);
}
