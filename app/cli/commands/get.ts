import type { Command } from 'commander';
import { errorAdvice, type ContentChoice, type CoreEvent } from '../../core/rpc/index.ts';
import { exitCodes } from '../exit.ts';
import { formatBytes } from '../format.ts';
import { addCoreFlags, type CoreFlags } from '../options.ts';
import { ProgressBar } from '../progress-bar.ts';
import { openSession, type Session } from '../session.ts';
import { reportStartFailure } from './start-failure.ts';

interface GetFlags extends CoreFlags {
  install?: boolean;
  stream?: boolean;
  json?: boolean;
  content?: string;
  wait: string;
}

export function addGetCommand(program: Command): void {
  addCoreFlags(
    program
      .command('get')
      .description('fetch a game from the peers')
      .argument('<id>', 'the game, as `lanspread list` names it'),
  )
    .option('--install', 'install it afterwards')
    .option('--stream', 'have another PC unpack it: installs with no archive on this disk')
    .option('--wait <seconds>', 'how long to wait for a peer that has it', '10')
    .option('--content <hash>', 'which content to take where the PCs disagree, as the failed command names it')
    .option('--json', 'print events as JSON lines')
    .addHelpText(
      'after',
      '\nExample:\n  $ lanspread get amber-convoy --install\n  $ lanspread get amber-convoy --stream\n',
    )
    .action(async (id: string, flags: GetFlags) => {
      process.exitCode = await runGet(id, flags);
    });
}

async function runGet(gameId: string, flags: GetFlags): Promise<number> {
  try {
    await using session = await openSession(flags);
    if (session.isFresh) await waitForOffer(session, gameId, Number(flags.wait) * 1000);
    const outcome = follow(session, gameId, flags);
    process.once('SIGINT', () => {
      outcome.interrupt();
      void session.invoke(flags.stream ? 'cancel' : 'pause', { gameId }).catch(() => undefined);
    });
    await startGet(session, gameId, flags);
    return await outcome.exitCode;
  } catch (error) {
    return reportStartFailure(error);
  }
}

async function startGet(session: Session, gameId: string, flags: GetFlags): Promise<void> {
  const choice = flags.content === undefined ? {} : { manifestHash: flags.content };
  if (flags.stream) await session.invoke('streamInstall', { gameId, ...choice });
  else {
    const { game } = await session.invoke('getGame', { gameId });
    const install = flags.install ?? false;
    if (install && game.installed) await session.invoke('update', { gameId, ...choice });
    else if (game.resumable && flags.content === undefined) await session.invoke('resume', { gameId });
    else await session.invoke('download', { gameId, install, ...choice });
  }
}

/** Waits until a peer offers the game. After the limit it continues without one, and the download reports that. */
export async function waitForOffer(session: Session, gameId: string, limitMs: number): Promise<void> {
  const offered = async (): Promise<boolean> => (await session.invoke('getGame', { gameId })).game.peerCount > 0;
  if (await offered()) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  using _listening = session.events((event) => {
    if (event.event === 'games-changed' && event.upserts.some((game) => game.id === gameId && game.peerCount > 0))
      resolve();
  });
  const timer = setTimeout(resolve, limitMs);
  await promise;
  clearTimeout(timer);
}

interface Following {
  exitCode: Promise<number>;
  interrupt(): void;
}

/** Shows the progress of one game until its terminal event. */
function follow(session: Session, gameId: string, { install, stream, json }: GetFlags): Following {
  const { promise, resolve } = Promise.withResolvers<number>();
  const bar = new ProgressBar();
  const last = new Set(install || stream ? ['install-finished', 'update-finished'] : ['download-finished']);
  let interrupted = false;
  const say = (text: string): void => {
    bar.end();
    if (!json) process.stdout.write(`${text}\n`);
  };
  const onEvent = (event: CoreEvent): void => {
    if (!('gameId' in event) || event.gameId !== gameId) return;
    if (json) process.stdout.write(`${JSON.stringify(event)}\n`);
    switch (event.event) {
      case 'download-progress':
        if (!json)
          bar.show('Downloading', {
            done: event.downloadedBytes,
            total: event.totalBytes,
            bytesPerSecond: event.bytesPerSecond,
            etaSeconds: event.etaSeconds,
          });
        break;
      case 'install-progress':
      case 'update-progress':
        if (!json) bar.show('Installing', { done: event.bytes, total: event.totalBytes });
        break;
      case 'download-waiting':
        if (event.peers.length > 0) say(waitingText(event.peers));
        break;
      case 'download-finished':
        say(`${gameId} is downloaded (${formatBytes(event.totalBytes)}, every block verified).`);
        break;
      case 'install-finished':
      case 'update-finished':
        say(`${gameId} ${event.version} is installed.`);
        break;
      case 'download-failed':
      case 'install-failed':
      case 'update-failed':
        say(`${event.message} [${event.code}]\n  ${errorAdvice(event.code)}`);
        for (const choice of choicesOf(event)) say(choice);
        resolve(exitCodes.failed);
        break;
      case 'download-peers-gone':
        say(
          `Every peer with ${gameId} is gone; ${formatBytes(event.resumableBytes)} are kept. Run the command again when one is back.`,
        );
        resolve(exitCodes.failed);
        break;
      case 'download-paused':
      case 'download-cancelled':
        say(
          event.event === 'download-paused' ? `Paused; ${formatBytes(event.resumableBytes)} are kept.` : 'Cancelled.',
        );
        resolve(interrupted ? exitCodes.interrupted : exitCodes.failed);
        break;
      default:
        break;
    }
    if (last.has(event.event)) resolve(exitCodes.done);
  };
  const listening = session.events(onEvent);
  return {
    exitCode: promise.finally(() => listening[Symbol.dispose]()),
    interrupt() {
      interrupted = true;
    },
  };
}

/** One line for each content that the PCs hold, with the command that fetches it. */
function choicesOf(event: { gameId: string; choices?: unknown }): string[] {
  if (!Array.isArray(event.choices)) return [];
  return (event.choices as readonly ContentChoice[]).map(
    ({ names, peerCount, fileCount, sizeBytes, manifestHash }) =>
      `  ${names.join(', ')}${peerCount > names.length ? ` and ${peerCount - names.length} more` : ''}: ${fileCount} files, ${formatBytes(sizeBytes)}\n    lanspread get ${event.gameId} --content ${manifestHash}`,
  );
}

function waitingText(peers: readonly { name: string; percent: number | undefined }[]): string {
  const told = peers.map(({ name, percent }) => (percent === undefined ? name : `${name} (${Math.floor(percent)} %)`));
  return `Waiting for PCs that still read their copy: ${told.join(', ')}.`;
}
