/**
 * Whether a game's folder is offered to others, or looks like a copy that is not complete. A player copies a game's folder
 * by hand, and the file manager may write `version.ini` first. Pure.
 */

/** Why a downloaded game is not offered. `settling`: it changed a moment ago; `incomplete`: it is smaller than it has to be. */
export type HeldBack = 'settling' | 'incomplete';

/** When the files of a folder changed last, in nanoseconds since 1970; undefined where the platform does not tell. */
export interface ChangeTimes {
  readonly sentinelNs: bigint | undefined;
  /** Of all files of the payload the newest. */
  readonly payloadNs: bigint | undefined;
}

/**
 * Whether content that was never seen before is complete, by when it changed: `version.ini` was written last of all, or
 * nothing has changed for `settleMs`.
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

/** A catalog's sizes are written by people, and a stray file more or less says nothing. */
const toleranceBytes = 1024 * 1024;
const toleranceShare = 0.01;

/** Whether a payload is as large as the catalog says, or larger. */
export function hasExpectedSize(sizeBytes: number, expectedBytes: number | undefined): boolean {
  if (!expectedBytes) return true;
  return sizeBytes >= expectedBytes - Math.max(toleranceBytes, toleranceShare * expectedBytes);
}
