import { toCodedError } from '../../core/rpc/index.ts';
import { exitCodes } from '../exit.ts';

/** Reports why the core does not start; returns the exit code. */
export function reportStartFailure(error: unknown): number {
  const { code, message, next } = toCodedError(error);
  process.stderr.write(`lanspread: ${message} [${code}]\n${next ? `  ${next}\n` : ''}`);
  return code === 'STATE_LOCKED' ? exitCodes.busy : exitCodes.failed;
}
