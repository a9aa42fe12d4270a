import type { Command } from 'commander';
import { exitCodes } from '../exit.ts';
import { formatTable } from '../format.ts';
import { addCoreFlags, type CoreFlags } from '../options.ts';
import { openSession, type Session } from '../session.ts';
import { reportStartFailure } from './start-failure.ts';

interface SettingsFlags extends CoreFlags {
  json?: boolean;
}

export function addSettingsCommand(program: Command): void {
  addCoreFlags(program.command('settings').description('what is set; with a name and a value, set it'))
    .argument('[name]', 'of a setting')
    .argument('[value]', 'JSON, or plain text')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExamples:\n  $ lanspread settings\n  $ lanspread settings tellWhatIsPlayed false\n')
    .action(async (name: string | undefined, value: string | undefined, flags: SettingsFlags) => {
      process.exitCode = await run(flags, { name, value });
    });
}

async function run(flags: SettingsFlags, { name, value }: { name?: string; value?: string }): Promise<number> {
  try {
    await using session = await openSession(flags);
    if (name !== undefined && value !== undefined)
      await session.invoke('settings.set', { name, value: valueOf(value) });
    await show(session, { name, json: flags.json });
    return exitCodes.done;
  } catch (error) {
    return reportStartFailure(error);
  }
}

async function show(
  session: Session,
  { name, json }: { name: string | undefined; json: boolean | undefined },
): Promise<void> {
  const { settings } = await session.invoke('settings.get', {});
  const shown = Object.entries(settings).filter(([each]) => name === undefined || each === name);
  // For an unknown name the core has the message, so this provokes it.
  if (name !== undefined && shown.length === 0) await session.invoke('settings.set', { name, value: null });
  if (json) process.stdout.write(`${JSON.stringify(Object.fromEntries(shown), null, 2)}\n`);
  else process.stdout.write(`${formatTable(shown.map(([each, set]) => [each, JSON.stringify(set)]))}\n`);
}

/** A value that is not JSON is plain text: a name, a path. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
