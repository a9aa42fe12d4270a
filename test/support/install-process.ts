/** Runs install-child.ts: a process that works on a game root and may kill itself at a step. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { GameRoot } from './games.ts';

export interface InstallChild {
  /** Of the lab. */
  readonly directory: string;
  readonly game: Pick<GameRoot, 'id' | 'version'>;
  readonly operation: 'install' | 'update' | 'uninstall' | 'remove';
  /** 0 or left out: it lives. */
  readonly crashStep?: number;
}

const childPath = fileURLToPath(new URL('install-child.ts', import.meta.url));

/** Starts it. It sends a message for every progress, so a test knows when it is in the middle. */
export function startInstallChild({ directory, game, operation, crashStep = 0 }: InstallChild): ChildProcess {
  const args = ['--disable-warning=ExperimentalWarning', childPath, directory, game.id, game.version, operation];
  return spawn(process.execPath, [...args, String(crashStep)], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
}

/** Runs it to its end: how it ended, and how many steps it counted when it lived. */
export async function runInstallChild(
  options: InstallChild,
): Promise<{ signal: NodeJS.Signals | null; exitCode: number | null; steps: number }> {
  const child = startInstallChild(options);
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
  await once(child, 'close');
  return { signal: child.signalCode, exitCode: child.exitCode, steps: Number(output) };
}
