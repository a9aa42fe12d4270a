/** What follows when the core's process ends. Pure, the same for every shell. */

export interface CoreExit {
  /** Null where a signal ended it. */
  readonly exitCode: number | null;
  /** The shell told it to stop. */
  readonly askedFor: boolean;
  /** Some core of this shell was up before: a failure now is a crash, not a wrong start. */
  readonly wasEverReady: boolean;
  /** How long it was up, in milliseconds; 0 when it never was. */
  readonly uptimeMs: number;
  /** Crashes in a row before this one. */
  readonly failures: number;
}

type AfterExit =
  | { readonly kind: 'end'; readonly exitCode: number }
  | { readonly kind: 'restart'; readonly afterMs: number; readonly failures: number };

/** The first restart is nearly at once: most crashes are single, and somebody is looking at the window. */
export const restartDelaysMs = [200, 1_000, 2_000, 5_000, 10_000, 30_000] as const;
/** Up for this long, it counts as sound again. */
export const soundAfterMs = 60_000;

/** The core's exit codes that a restart does not mend: wrong usage, and a state directory that is taken. */
const finalExitCodes: readonly (number | null)[] = [0, 2, 3, 130];

export function afterExit({ exitCode, askedFor, wasEverReady, uptimeMs, failures }: CoreExit): AfterExit {
  if (askedFor) return { kind: 'end', exitCode: 0 };
  if (!wasEverReady || finalExitCodes.includes(exitCode)) return { kind: 'end', exitCode: exitCode ?? 1 };
  const inARow = uptimeMs >= soundAfterMs ? 0 : failures;
  const afterMs = restartDelaysMs[Math.min(inARow, restartDelaysMs.length - 1)] ?? 0;
  return { kind: 'restart', afterMs, failures: inARow + 1 };
}
