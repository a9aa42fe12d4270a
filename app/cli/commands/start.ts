import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { startCore } from '../../core/core.ts';
import { findBrowser, hasDisplay, openWindow } from '../../shell/browser/index.ts';
import { exitCodes } from '../exit.ts';
import { createLogger } from '../logging.ts';
import { addCoreFlags, coreOptionsOf, stateDirOf, type CoreFlags } from '../options.ts';
import { builtInUnpackers } from '../unpackers.ts';
import { reportStartFailure } from './start-failure.ts';

interface StartFlags extends CoreFlags {
  open: boolean;
}

const sampleCatalog = fileURLToPath(new URL('../../../fixtures/catalog/catalog.json', import.meta.url));

export function addStartCommand(program: Command): void {
  addCoreFlags(program.command('start').description('the launcher'))
    .option('--no-open', 'print the address instead of opening a window')
    .addHelpText('after', '\nExample:\n  $ lanspread start --games-dir ~/Games\n')
    .action(async (flags: StartFlags) => {
      process.exitCode = await runStart(flags);
    });
}

async function runStart(flags: StartFlags): Promise<number> {
  const stateDir = stateDirOf(flags);
  const logger = createLogger({ stateDir, stderrLevel: flags.logLevel ?? 'warn' });
  try {
    const handle = await startCore({
      ...coreOptionsOf(flags),
      fallbackCatalogFile: sampleCatalog,
      logger,
      unpackers: builtInUnpackers(),
    });
    let exitCode: number = exitCodes.done;
    process.once('SIGINT', () => {
      exitCode = exitCodes.interrupted;
      void handle.stop();
    });
    process.once('SIGTERM', () => void handle.stop());
    showWindow(handle.url, {
      open: flags.open,
      profileDirectory: join(stateDir, 'browser'),
      onClosed: () => void handle.stop(),
    });
    const { failed } = await handle.stopped;
    return failed ? exitCodes.failed : exitCode;
  } catch (error) {
    return reportStartFailure(error);
  }
}

interface WindowOptions {
  open: boolean;
  profileDirectory: string;
  /** The user closed the window. */
  onClosed: () => void;
}

/** Opens a window, or prints the one line with the address where there is none to open. */
export function showWindow(url: string, { open, profileDirectory, onClosed }: WindowOptions): void {
  const browser = open && hasDisplay() ? findBrowser() : undefined;
  if (!browser) {
    process.stdout.write(`${url}\n`);
    return;
  }
  const window = openWindow({ browser, url, profileDirectory });
  window.once('error', () => process.stdout.write(`${url}\n`));
  window.once('exit', onClosed);
  process.once('exit', () => window.kill());
}
