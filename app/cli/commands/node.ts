import type { Command } from 'commander';
import { askedToEnd } from '../asked-to-end.ts';
import { exitCodes } from '../exit.ts';
import { createLogger } from '../logging.ts';
import { tellStarted } from '../installed.ts';
import { addCoreFlags, coreOptionsOf, stateDirOf, type CoreFlags } from '../options.ts';
import { builtInExtensions } from '../built-in-extensions.ts';
import { reportStartFailure } from './start-failure.ts';
import { stayUp } from '../stay-up.ts';

export function addNodeCommand(program: Command): void {
  addCoreFlags(program.command('node').description('a headless node: a NAS, a seed'))
    .addHelpText('after', '\nExample:\n  $ lanspread node --games-dir /srv/games --name "The NAS"\n')
    .action(async (flags: CoreFlags) => {
      process.exitCode = await runNode(flags);
    });
}

async function runNode(flags: CoreFlags): Promise<number> {
  const logger = createLogger({ stateDir: stateDirOf(flags), stderrLevel: flags.logLevel ?? 'info' });
  stayUp(logger);
  const asked = askedToEnd(['SIGINT', 'SIGTERM']);
  try {
    const { startCore } = await import('../../core/core.ts');
    const handle = await startCore({ ...coreOptionsOf(flags), logger, builtInExtensions });
    handle.events(({ event, ...facts }) => {
      if (event.endsWith('-progress') || event === 'games-changed' || event === 'blocks-verified') return;
      logger.info(facts, event);
    });
    tellStarted(stateDirOf(flags), handle.version);
    let exitCode: number = exitCodes.done;
    void asked.then((signal) => {
      if (signal === 'SIGINT') exitCode = exitCodes.interrupted;
      return handle.stop();
    });
    const { failed } = await handle.stopped;
    return failed ? exitCodes.failed : exitCode;
  } catch (error) {
    return reportStartFailure(error);
  }
}
