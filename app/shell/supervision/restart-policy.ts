/** Decides what to do when the core's process ends. Pure, and the same for every shell. */

export interface CoreExit {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  /** The shell told it to stop. */
  readonly askedFor: boolean;
  /** Whether a core of this shell was up before: then a failure is a crash, not a bad start. */
  readonly wasEverReady: boolean;
  /** How long the core was up, in milliseconds; 0 when it never was. */
  readonly uptimeMs: number;
  /** Crashes in a row before this one. */
  readonly failures: number;
}

type AfterExit =
  | { readonly kind: 'end'; readonly exitCode: number }
  | { readonly kind: 'restart'; readonly afterMs: number; readonly failures: number };

/** The first restart is almost immediate, because most crashes are single and a user is waiting. */
export const restartDelaysMs = [200, 1_000, 2_000, 5_000, 10_000, 30_000] as const;
/** After this long the core counts as sound again. */
export const soundAfterMs = 60_000;

/** The core's exit codes that a restart cannot fix: wrong usage, and a locked state folder. */
const finalExitCodes: readonly (number | null)[] = [0, 2, 3, 130];

export function afterExit({ exitCode, askedFor, wasEverReady, uptimeMs, failures }: CoreExit): AfterExit {
  if (askedFor) return { kind: 'end', exitCode: 0 };
  if (!wasEverReady || finalExitCodes.includes(exitCode)) return { kind: 'end', exitCode: exitCode ?? 1 };
  const inARow = uptimeMs >= soundAfterMs ? 0 : failures;
  const afterMs = restartDelaysMs[Math.min(inARow, restartDelaysMs.length - 1)] ?? 0;
  return { kind: 'restart', afterMs, failures: inARow + 1 };
}
