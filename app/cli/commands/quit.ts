import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { readEndpoint } from '../../core/rpc/index.ts';
import { exitCodes } from '../exit.ts';
import { addStateFlag, stateDirOf } from '../options.ts';
import { joinRunning } from '../session.ts';
import { reportStartFailure } from './start-failure.ts';

/** Longer than the two seconds that a core takes to stop. */
const goneLimitMs = 10_000;
const askEveryMs = 100;

export function addQuitCommand(program: Command): void {
  addStateFlag(program.command('quit').description('end the launcher or node that runs; downloads go on later'))
    .addHelpText('after', '\nExample:\n  $ lanspread quit\n')
    .action(async (flags: { stateDir?: string }) => {
      process.exitCode = await runQuit(stateDirOf(flags));
    });
}

async function runQuit(stateDir: string): Promise<number> {
  const endpoint = await readEndpoint(stateDir);
  await using session = await joinRunning(stateDir);
  if (!endpoint || !session) {
    process.stdout.write('Lanspread does not run.\n');
    return exitCodes.done;
  }
  try {
    await session.invoke('quit', {});
  } catch (error) {
    return reportStartFailure(error);
  }
  const end = performance.now() + goneLimitMs;
  while (isAlive(endpoint.pid)) {
    if (performance.now() > end) {
      process.stderr.write(`lanspread: process ${endpoint.pid} did not end within ${goneLimitMs / 1_000} s.\n`);
      return exitCodes.failed;
    }
    await sleep(askEveryMs);
  }
  return exitCodes.done;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
