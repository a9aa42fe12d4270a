import type { Command } from 'commander';
import { errorAdvice, type CoreEvent } from '../../core/rpc/index.ts';
import { exitCodes } from '../exit.ts';
import { formatBytes } from '../format.ts';
import { addCoreFlags, type CoreFlags } from '../options.ts';
import { ProgressBar } from '../progress-bar.ts';
import { openSession, type Session } from '../session.ts';
import { waitForOffer } from './get.ts';
import { reportStartFailure } from './start-failure.ts';

type Verb = 'verify' | 'repair';

interface VerifyFlags extends CoreFlags {
  json?: boolean;
  wait: string;
}

const descriptions: Record<Verb, string> = {
  verify: 'compare a download with its manifest; 1 when something differs',
  repair: 'compare a download with its manifest and fetch again what differs',
};

/** `verify` and `repair`. */
export function addVerifyCommands(program: Command): void {
  for (const verb of ['verify', 'repair'] as const) {
    addCoreFlags(
      program.command(verb).description(descriptions[verb]).argument('<id>', 'the game, as `lanspread list` names it'),
    )
      .option('--wait <seconds>', 'how long to wait for a peer that has it', verb === 'repair' ? '10' : '0')
      .option('--json', 'print events as JSON lines')
      .addHelpText('after', `\nExample:\n  $ lanspread ${verb} amber-convoy\n`)
      .action(async (id: string, flags: VerifyFlags) => {
        process.exitCode = await run(verb, id, flags);
      });
  }
}

async function run(verb: Verb, gameId: string, flags: VerifyFlags): Promise<number> {
  try {
    await using session = await openSession(flags);
    const waitMs = Number(flags.wait) * 1000;
    if (session.isFresh && waitMs > 0) await waitForOffer(session, gameId, waitMs);
    const { exitCode, interrupt } = follow(session, verb, { gameId, json: flags.json ?? false });
    process.once('SIGINT', () => {
      interrupt();
      void session.invoke('cancel', { gameId }).catch(() => undefined);
    });
    await session.invoke(verb, { gameId });
    return await exitCode;
  } catch (error) {
    return reportStartFailure(error);
  }
}

/** Shows the progress until the terminal event. */
function follow(
  session: Session,
  verb: Verb,
  { gameId, json }: { gameId: string; json: boolean },
): { exitCode: Promise<number>; interrupt(): void } {
  const { promise, resolve } = Promise.withResolvers<number>();
  const bar = new ProgressBar();
  let interrupted = false;
  const onEvent = (event: CoreEvent): void => {
    if (!('gameId' in event) || event.gameId !== gameId || !event.event.startsWith(`${verb}-`)) return;
    if (json) process.stdout.write(`${JSON.stringify(event)}\n`);
    const progress = progressOf(event);
    if (progress && !json) bar.show(progress.what, progress);
    const outcome = outcomeOf(event);
    if (!outcome) return;
    bar.end();
    if (!json) process.stdout.write(`${outcome.lines.join('\n')}\n`);
    resolve(interrupted ? exitCodes.interrupted : outcome.isSound ? exitCodes.done : exitCodes.failed);
  };
  const listening = session.events(onEvent);
  return {
    exitCode: promise.finally(() => listening[Symbol.dispose]()),
    interrupt() {
      interrupted = true;
    },
  };
}

type VerifyFinished = Extract<CoreEvent, { event: 'verify-finished' }>;

function progressOf(event: CoreEvent): { what: string; done: number; total: number } | undefined {
  if (event.event === 'verify-progress') return { what: 'Verifying', done: event.bytes, total: event.totalBytes };
  if (event.event !== 'repair-progress') return undefined;
  return { what: event.stage === 'verify' ? 'Verifying' : 'Repairing', done: event.bytes, total: event.totalBytes };
}

const sources = {
  catalog: 'the manifest that the catalog names',
  download: 'the manifest it was downloaded by',
  peers: 'what the peers have',
  scan: 'what was found here earlier',
};

function problemLine({ where, code, message }: NonNullable<VerifyFinished['installProblem']>): string {
  return `  ${where === 'windows' ? 'Windows PCs cannot' : 'No PC can'} install it: ${message} [${code}]`;
}

/** Words for people about the last event of an operation; undefined for other events. */
export function outcomeOf(event: CoreEvent): { isSound: boolean; lines: string[] } | undefined {
  switch (event.event) {
    case 'verify-finished': {
      const against = `held against ${sources[event.source]}`;
      const extra = event.extraFiles.map((path) => `  not part of the game: ${path}`);
      if (event.sound) {
        const { installProblem } = event;
        const problem = installProblem ? [problemLine(installProblem)] : [];
        return { isSound: true, lines: [`${event.gameId} is sound, ${against}.`, ...extra, ...problem] };
      }
      const missing = new Set(event.missingFiles);
      const bad = event.badFiles.map((path) => `  ${missing.has(path) ? 'missing' : 'differs'}: ${path}`);
      const size = formatBytes(event.badBytes);
      const first = `${event.gameId}: ${event.badFileCount} files and ${event.badBlocks} blocks (${size}) differ, ${against}.`;
      return {
        isSound: false,
        lines: [first, ...bad, ...extra, `  \`lanspread repair ${event.gameId}\` fetches them again.`],
      };
    }
    case 'repair-finished': {
      const { repairedBlocks, repairedFiles, repairedBytes } = event;
      const lines =
        repairedFiles.length === 0 && repairedBlocks === 0
          ? [`${event.gameId} is sound; there was nothing to repair.`]
          : [
              `${event.gameId} is repaired: ${repairedBlocks} blocks (${formatBytes(repairedBytes)}) were fetched again.`,
            ];
      return { isSound: true, lines };
    }
    case 'verify-failed':
    case 'repair-failed':
      return { isSound: false, lines: [`${event.message} [${event.code}]`, `  ${errorAdvice(event.code)}`] };
    default:
      return undefined;
  }
}
