import type { Command } from 'commander';
import { errorAdvice, type CoreEvent } from '../../core/rpc/index.ts';
import { exitCodes } from '../exit.ts';
import { addCoreFlags, type CoreFlags } from '../options.ts';
import { openSession } from '../session.ts';
import { reportStartFailure } from './start-failure.ts';

type Action = 'install' | 'uninstall' | 'removeDownload' | 'cancel' | 'pause';

interface Verb {
  /** The name on the command line. */
  name: string;
  command: Action;
  description: string;
  /** The events that end the command. */
  ends: readonly CoreEvent['event'][];
}

const verbs: readonly Verb[] = [
  {
    name: 'install',
    command: 'install',
    description: 'install what is downloaded',
    ends: ['install-finished', 'install-failed'],
  },
  {
    name: 'uninstall',
    command: 'uninstall',
    description: 'delete the installed game with its settings and saves; the download stays',
    ends: ['uninstall-finished', 'uninstall-failed'],
  },
  {
    name: 'remove',
    command: 'removeDownload',
    description: 'delete the downloaded files of a game that is not installed',
    ends: ['remove-finished', 'remove-failed'],
  },
  {
    name: 'cancel',
    command: 'cancel',
    description: 'end a download and delete what it left',
    ends: ['download-cancelled', 'download-failed'],
  },
  {
    name: 'pause',
    command: 'pause',
    description: 'end a download and keep what is verified',
    ends: ['download-paused', 'download-failed', 'download-finished'],
  },
];

/** Adds one subcommand for each action on a game on this PC. */
export function addActionCommands(program: Command): void {
  for (const verb of verbs) {
    addCoreFlags(
      program
        .command(verb.name)
        .description(verb.description)
        .argument('<id>', 'the game, as `lanspread list` names it'),
    )
      .addHelpText('after', `\nExample:\n  $ lanspread ${verb.name} amber-convoy\n`)
      .action(async (id: string, flags: CoreFlags) => {
        process.exitCode = await act(verb, id, flags);
      });
  }
}

async function act({ command, ends }: Verb, gameId: string, flags: CoreFlags): Promise<number> {
  try {
    await using session = await openSession(flags);
    const { promise, resolve } = Promise.withResolvers<CoreEvent>();
    using _listening = session.events((event) => {
      if ('gameId' in event && event.gameId === gameId && ends.includes(event.event)) resolve(event);
    });
    await session.invoke(command, { gameId });
    const outcome = await promise;
    const failed = 'code' in outcome;
    process.stdout.write(
      failed
        ? `${outcome.message} [${outcome.code}]\n  ${errorAdvice(outcome.code)}\n`
        : `${gameId}: ${outcome.event.replace('-', ' ')}.\n`,
    );
    return failed ? exitCodes.failed : exitCodes.done;
  } catch (error) {
    return reportStartFailure(error);
  }
}
