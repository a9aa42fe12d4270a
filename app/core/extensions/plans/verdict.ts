/** The meaning of how a tool ended. Pure. */
import { LanspreadError, type ErrorCode } from '../../base/index.ts';
import type { ToolFailure } from './plan.ts';
import type { ToolExit } from './tool-process.ts';

export interface VerdictRules {
  readonly okExitCodes?: readonly number[] | undefined;
  readonly failures?: readonly ToolFailure[] | undefined;
}

/** Progress lines that a tool overwrites on its terminal. */
// oxlint-disable-next-line no-control-regex
const takenBack = /[^\n]*[\b\r](?!\n)/g;

function isOk({ exitCode }: ToolExit, { okExitCodes = [0] }: VerdictRules): boolean {
  return exitCode !== null && okExitCodes.includes(exitCode);
}

/** The error that a failed run means, with the end of what the tool said. */
function errorOf({ exitCode, stderr }: ToolExit, { failures = [] }: VerdictRules): LanspreadError {
  const lower = stderr.toLowerCase();
  const code: ErrorCode = failures.find(({ says }) => lower.includes(says.toLowerCase()))?.means ?? 'UNPACKER_FAILED';
  const said = stderr
    .replaceAll(takenBack, '')
    .trim()
    .replaceAll(/\s*\n\s*/g, ' · ')
    .slice(-500);
  const end = exitCode === null ? 'something else on the PC ended it' : `exit code ${exitCode}`;
  return new LanspreadError(code, {
    message: `The unpacker stopped: ${said || end}`,
    details: { exitCode },
  });
}

/**
 * Throws for the tool of a pipe that is to blame, if one failed. A broken stream is the cause of whatever the tool behind
 * it says about that, unless the first one was killed because the second had left.
 */
export function throwOfWorst(exits: readonly ToolExit[], rules: VerdictRules): void {
  const failed = exits.filter((exit) => !isOk(exit, rules));
  const worst = failed.find(({ exitCode }) => exitCode !== null) ?? failed[0];
  if (worst) throw errorOf(worst, rules);
}

/** The last percentage in pieces of output; only ever forwards. */
export function percentReader(onPercent: (percent: number) => void): (text: string) => void {
  let highest = -1;
  return (text) => {
    const last = [...text.matchAll(/(?<!\d)(\d{1,3})%/g)].at(-1)?.[1];
    const percent = Math.min(100, Number(last ?? -1));
    if (percent <= highest) return;
    highest = percent;
    onPercent(percent);
  };
}
