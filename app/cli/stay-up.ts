import type { Logger } from 'pino';

/** Tests search for this message; in a sound program it never appears. */
export const unhandledMessage = 'something failed unexpectedly; Lanspread goes on';

/**
 * For a process that holds a core: an unhandled rejection is logged and does not end the process. Other PCs download from it
 * and play with it, and every operation handles its own failure. An exception outside of a promise still ends the process:
 * its code may be in any state, so a start with recovery is safer.
 */
export function stayUp(logger: Pick<Logger, 'error'>): void {
  process.on('unhandledRejection', (reason) => logger.error({ err: reason }, unhandledMessage));
  // The reader may be gone (a `tee`, a closed terminal); the log file has everything.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => {});
}
