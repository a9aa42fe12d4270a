/** Runs a child process to a numbered point; which points a run takes depends on how thorough it shall be. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface ChildEnd {
  readonly signal: NodeJS.Signals | null;
  readonly exitCode: number | null;
  readonly output: string;
}

const limitMs = 30_000;

/** Runs a TypeScript program of this folder to its end. */
export async function runChild(program: string, args: readonly string[]): Promise<ChildEnd> {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const timer = setTimeout(() => child.kill('SIGTERM'), limitMs);
  await once(child, 'close');
  clearTimeout(timer);
  if (child.signalCode === 'SIGTERM') throw new Error(`${program} ${args.join(' ')} hangs`);
  return { signal: child.signalCode, exitCode: child.exitCode, output };
}

/** So many of the points, evenly spread, the first and the last too; where `LANSPREAD_CRASH=every` says so every one. */
export function pointsToTry(count: number, sample: number): number[] {
  const wanted = process.env['LANSPREAD_CRASH'] === 'every' ? Infinity : sample;
  if (count <= wanted) return Array.from({ length: count }, (_, index) => index + 1);
  return Array.from({ length: wanted }, (_, index) => 1 + Math.round((index * (count - 1)) / (wanted - 1)));
}
