import type { Command } from 'commander';
import type { GameView } from '../../core/rpc/index.ts';
import { formatBytes, formatTable } from '../format.ts';
import { addCoreFlags, type CoreFlags } from '../options.ts';
import { openSession, type Session } from '../session.ts';
import { exitCodes } from '../exit.ts';
import { reportStartFailure } from './start-failure.ts';

interface ShowFlags extends CoreFlags {
  json?: boolean;
  all?: boolean;
  wait: string;
}

export function addShowCommands(program: Command): void {
  addCoreFlags(program.command('list').description('the games here and in the room'))
    .option('--all', 'also games that no PC has now')
    .option('--json', 'as JSON')
    .option('--wait <seconds>', 'how long a core started for this call looks around', '2')
    .addHelpText('after', '\nExample:\n  $ lanspread list --all\n')
    .action(async (flags: ShowFlags) => {
      process.exitCode = await withSession(flags, (session) => list(session, flags));
    });
  addCoreFlags(program.command('peers').description('who is in the room'))
    .option('--json', 'as JSON')
    .option('--wait <seconds>', 'how long a core started for this call looks around', '2')
    .addHelpText('after', '\nExample:\n  $ lanspread peers\n')
    .action(async (flags: ShowFlags) => {
      process.exitCode = await withSession(flags, (session) => peers(session, flags));
    });
}

async function withSession(flags: ShowFlags, show: (session: Session) => Promise<void>): Promise<number> {
  try {
    await using session = await openSession(flags);
    if (session.isFresh) await new Promise((resolve) => setTimeout(resolve, Number(flags.wait) * 1000));
    await show(session);
    return exitCodes.done;
  } catch (error) {
    return reportStartFailure(error);
  }
}

async function list(session: Session, { json, all }: ShowFlags): Promise<void> {
  const { games } = await session.invoke('listGames', {});
  const shown = games.filter(
    (game) => all || game.downloaded || game.installed || game.peerCount > 0 || game.resumable || game.playedBy,
  );
  if (json) {
    process.stdout.write(`${JSON.stringify({ games: shown }, null, 2)}\n`);
    return;
  }
  if (shown.length === 0) {
    process.stdout.write(
      games.length === 0
        ? 'The catalog is empty: `lanspread catalog import <file>`.\n'
        : 'No game is here or in the room. `--all` lists the catalog.\n',
    );
    return;
  }
  const rows = shown.map((game) => [
    game.id,
    game.title,
    game.version,
    stateOf(game),
    game.sizeBytes > 0 ? formatBytes(game.sizeBytes) : '–',
    String(game.peerCount),
    game.playedBy?.map(({ name }) => name).join(', ') ?? '–',
  ]);
  process.stdout.write(
    `${formatTable([['ID', 'TITLE', 'VERSION', 'STATE', 'SIZE', 'PEERS', 'PLAYED BY'], ...rows])}\n`,
  );
}

function stateOf(game: GameView): string {
  if (game.operation) return game.operation.kind;
  if (game.resumable) return 'resumable';
  if (game.installed) return game.updateAvailable ? 'update' : 'installed';
  if (game.downloaded) return game.updateAvailable ? 'update' : 'downloaded';
  return game.peerCount > 0 ? 'available' : '–';
}

async function peers(session: Session, { json }: ShowFlags): Promise<void> {
  const { peers: present, unreachable } = await session.invoke('listPeers', {});
  if (json) {
    process.stdout.write(`${JSON.stringify({ peers: present, unreachable }, null, 2)}\n`);
    return;
  }
  for (const { name, peerId, addresses } of unreachable) {
    const who = `${name || peerId} (${addresses.join(', ')})`;
    process.stdout.write(`${who} is heard, but cannot be reached: its firewall may block Lanspread.\n`);
  }
  if (present.length === 0) {
    process.stdout.write('Nobody else is here. `lanspread doctor` tells why that could be.\n');
    return;
  }
  const rows = present.map((peer) => [
    peer.name,
    String(peer.games.length),
    peer.playing.join(', ') || '–',
    `${peer.transport} + ${peer.lane ?? '–'}`,
    peer.addresses[0] ?? '–',
    peer.peerId,
  ]);
  process.stdout.write(`${formatTable([['NAME', 'GAMES', 'PLAYS', 'LINK', 'ADDRESS', 'PEER ID'], ...rows])}\n`);
}
