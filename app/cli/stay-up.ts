import type { Logger } from 'pino';

/** How tests know that one came: in a sound program none does. */
export const unhandledMessage = 'something failed unexpectedly; Lanspread goes on';

/**
 * For a process that holds a core: what fails unheard is told and does not end it. Others load from it and play with it
 * meanwhile, and every operation's own failure is heard. An exception outside of any promise still ends it: what threw
 * it may be in any state, and a start that recovers is safer.
 */
export function stayUp(logger: Pick<Logger, 'error'>): void {
  process.on('unhandledRejection', (reason) => logger.error({ err: reason }, unhandledMessage));
  // The reader may be gone: a `tee`, a closed terminal. The log file has it all.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => {});
}
