import type { Command } from 'commander';
import { isQuit, type CoreMessage } from '../../shell/supervision/index.ts';
import { askedToEnd } from '../asked-to-end.ts';
import { exitCodes } from '../exit.ts';
import { tellStarted } from '../installed.ts';
import { addCoreFlags, coreOptionsOf, stateDirOf, type CoreFlags } from '../options.ts';

/**
 * The core alone, for a shell that starts it and with which it ends. The help does not list it, because it is not for people.
 */
export function addCoreCommand(program: Command): void {
  addCoreFlags(program.command('core', { hidden: true }).description('the core of a shell (internal)')).action(
    async (flags: CoreFlags) => {
      process.exitCode = await runCore(flags);
    },
  );
}

async function runCore(flags: CoreFlags): Promise<number> {
  if (!process.send) {
    process.stderr.write('lanspread: `core` is started by a shell; use `lanspread start` or `lanspread node`.\n');
    return exitCodes.usage;
  }
  // Ctrl-C reaches the whole process group; only the shell reacts to it.
  process.on('SIGINT', () => {});
  const asked = askedToEnd(['SIGTERM']);
  const alone = new Promise((resolve) => process.once('disconnect', resolve));
  const { startLauncherCore } = await import('../launcher-core.ts');
  const started = await startLauncherCore(coreOptionsOf(flags), {
    stateDir: stateDirOf(flags),
    logLevel: flags.logLevel ?? 'warn',
  });
  if (typeof started === 'number') return started;
  const { handle } = started;
  const tell = (message: CoreMessage): void => void process.send?.(message, () => {});
  const isKiosk = async (): Promise<boolean> => (await handle.commands.invoke('settings.get', {})).settings.kiosk;
  process.on('message', (message) => {
    if (isQuit(message)) void handle.stop();
  });
  void Promise.race([asked, alone]).then(() => handle.stop());
  handle.events((event) => {
    if (event.event !== 'settings-changed' || event.setting !== 'kiosk') return;
    void isKiosk().then(
      (kiosk) => tell({ type: 'kiosk', kiosk }),
      () => {},
    );
  });
  tellStarted(stateDirOf(flags), handle.version);
  tell({ type: 'ready', url: handle.url, kiosk: await isKiosk() });
  const { failed } = await handle.stopped;
  return failed ? exitCodes.failed : exitCodes.done;
}
