/** Reports the result of simple commands: to people on stderr, to programs as JSON on stdout. */
import { toCodedError } from '../../core/rpc/index.ts';
import { exitCodes } from '../exit.ts';
import { reportStartFailure } from './start-failure.ts';

export interface JsonFlag {
  json?: boolean;
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Sets the exit code: the work's result, or 0; never throws. */
export async function runReporting({ json = false }: JsonFlag, work: () => Promise<number | void>): Promise<void> {
  try {
    process.exitCode = (await work()) ?? exitCodes.done;
  } catch (error) {
    process.exitCode = reportStartFailure(error);
    if (json) say(JSON.stringify({ error: toCodedError(error) }));
  }
}
