import type { Command } from 'commander';
import { errorAdvice, type CoreEvent } from '../../core/rpc/index.ts';
import { exitCodes } from '../exit.ts';
import { formatDuration } from '../format.ts';
import { addCoreFlags, type CoreFlags } from '../options.ts';
import { openSession, type Session } from '../session.ts';
import { reportStartFailure } from './start-failure.ts';

interface PlayFlags extends CoreFlags {
  launch?: string;
  json?: boolean;
}

export function addPlayCommand(program: Command): void {
  addCoreFlags(
    program
      .command('play')
      .description('start a game and wait for its end; Ctrl-C stops it')
      .argument('<id>', 'the game, as `lanspread list` names it'),
  )
    .option('--launch <label>', "one of the catalog's launch entries")
    .option('--json', 'events as JSON lines')
    .addHelpText('after', '\nExample:\n  $ lanspread play amber-convoy\n')
    .action(async (id: string, flags: PlayFlags) => {
      process.exitCode = await play(id, flags);
    });
}

type PlayEvent = Extract<CoreEvent, { event: 'play-started' | 'play-ended' | 'play-failed' }>;

const isPlayEvent = (event: CoreEvent): event is PlayEvent & CoreEvent => event.event.startsWith('play-');

async function play(gameId: string, { launch, json, ...flags }: PlayFlags): Promise<number> {
  try {
    await using session = await openSession(flags);
    const { promise: ended, resolve } = Promise.withResolvers<PlayEvent>();
    using _listening = session.events((event) => {
      if (!isPlayEvent(event) || event.gameId !== gameId) return;
      process.stdout.write(json ? `${JSON.stringify(event)}\n` : `${wordsFor(event)}\n`);
      if (event.event !== 'play-started') resolve(event);
    });
    await session.invoke('play', { gameId, ...(launch !== undefined && { launch }) });
    const stop = (): void => void stopGame(session, gameId);
    process.on('SIGINT', stop);
    try {
      const end = await ended;
      return end.event === 'play-ended' && end.exitCode === 0 ? exitCodes.done : exitCodes.failed;
    } finally {
      process.off('SIGINT', stop);
    }
  } catch (error) {
    return reportStartFailure(error);
  }
}

async function stopGame(session: Session, gameId: string): Promise<void> {
  // The game may have just ended; then its event is on the way.
  await session.invoke('stop', { gameId }).catch(() => undefined);
}

function wordsFor(event: PlayEvent): string {
  switch (event.event) {
    case 'play-started':
      return `${event.gameId} runs. Ctrl-C stops it.`;
    case 'play-ended': {
      const how = event.exitCode === undefined || event.exitCode === 0 ? '' : `, with exit code ${event.exitCode}`;
      return `${event.gameId} ended after ${formatDuration(event.seconds)}${how}.`;
    }
    case 'play-failed':
      return `${event.message} [${event.code}]\n  ${errorAdvice(event.code)}`;
  }
}
