import { fork, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { BrowserWindow, findBrowser, hasDisplay } from '../../shell/browser/index.ts';
import { chooseShell, type ShellChoice } from '../../shell/choose.ts';
import { findNwRuntime } from '../../shell/nw/find-runtime.ts';
import { CoreHost } from '../../shell/supervision/index.ts';
import { exitCodes } from '../exit.ts';
import { addCoreFlags, stateDirOf, type CoreFlags } from '../options.ts';

interface StartFlags extends CoreFlags {
  open: boolean;
}

const program = fileURLToPath(new URL('../lanspread.mjs', import.meta.url));
const nwApplication = fileURLToPath(new URL('../../shell/nw/app', import.meta.url));

export function addStartCommand(parent: Command): void {
  addCoreFlags(parent.command('start').description('the launcher'))
    .option('--no-open', 'print the address instead of opening a window')
    .addHelpText('after', '\nExample:\n  $ lanspread start --games-dir ~/Games\n')
    .action(async (flags: StartFlags, command: Command) => {
      process.exitCode = await runStart(flags, coreArguments(command));
    });
}

/** The given flags, for the process that runs the core. `--no-open` is only for the shell. */
function coreArguments(command: Command): string[] {
  const { rawArgs } = command.parent as Command & { rawArgs: string[] };
  const at = rawArgs.indexOf('start');
  return (at < 0 ? [] : rawArgs.slice(at + 1)).filter((argument) => argument !== '--no-open');
}

async function runStart(flags: StartFlags, args: readonly string[]): Promise<number> {
  const choice = chooseShell({
    open: flags.open,
    hasDisplay: hasDisplay(),
    nwRuntime: flags.open ? await findNwRuntime() : undefined,
    browser: findBrowser(),
  });
  if (choice.kind === 'nw')
    return await runNw(choice.runtime, { args, profileDirectory: join(stateDirOf(flags), 'nw') });
  return await runBrowserShell(choice, { args, profileDirectory: join(stateDirOf(flags), 'browser') });
}

/** NW.js keeps the core running; this process only waits for NW.js. */
function runNw(
  runtime: string,
  { args, profileDirectory }: { args: readonly string[]; profileDirectory: string },
): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  // By default NW.js uses a folder named like Lanspread's own, and on Windows the two names would be the same.
  const flags = [nwApplication, `--user-data-dir=${profileDirectory}`, ...args];
  const nw = spawn(runtime, flags, { stdio: ['ignore', 'ignore', 'inherit'] });
  process.once('SIGINT', () => nw.kill('SIGTERM'));
  process.once('SIGTERM', () => nw.kill('SIGTERM'));
  nw.once('error', (error) => {
    process.stderr.write(`lanspread: NW.js does not start: ${error.message}\n`);
    resolve(exitCodes.failed);
  });
  nw.once('exit', (code) => resolve(code ?? exitCodes.failed));
  return promise;
}

/** Keeps the core running in its own process, and shows a browser window or prints its address. */
function runBrowserShell(
  choice: ShellChoice & { kind: 'browser' | 'address' },
  { args, profileDirectory }: { args: readonly string[]; profileDirectory: string },
): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  let address = '';
  let printed = '';
  let interrupted = false;
  const print = (): void => {
    if (printed !== address) process.stdout.write(`${address}\n`);
    printed = address;
  };
  const window =
    choice.kind === 'browser'
      ? new BrowserWindow({
          browser: choice.browser,
          profileDirectory,
          onClosed: () => host.quit(),
          onUnavailable: print,
        })
      : undefined;
  const show = (kiosk: boolean): void => (window ? window.show({ url: address, kiosk }) : print());
  const host = new CoreHost({
    fork: () =>
      fork(program, ['core', ...args], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: process.execArgv }),
    listener: {
      onReady: ({ url, kiosk }) => {
        address = url;
        show(kiosk);
      },
      onCrashed: ({ exitCode, restartsInMs }) => {
        const how = exitCode === null ? 'was killed' : `ended with code ${exitCode}`;
        process.stderr.write(`lanspread: the core ${how}; it starts again in ${restartsInMs / 1_000} s.\n`);
      },
      onKiosk: (kiosk) => window?.show({ url: address, kiosk }),
      onEnded: (exitCode) => {
        window?.close();
        resolve(interrupted ? exitCodes.interrupted : exitCode);
      },
    },
  });
  process.once('SIGINT', () => {
    interrupted = true;
    host.quit();
  });
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.once(signal, () => host.quit());
  process.once('exit', () => {
    window?.close();
    host.kill();
  });
  return promise;
}
