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

/** Every point where `LANSPREAD_CRASH=every` says so; otherwise so many of them, evenly spread, the first and last too. */
export function pointsToTry(count: number, sample: number): number[] {
  const all = Array.from({ length: count }, (_, index) => index + 1);
  if (process.env['LANSPREAD_CRASH'] === 'every' || count <= sample) return all;
  return Array.from({ length: sample }, (_, index) => 1 + Math.round((index * (count - 1)) / (sample - 1)));
}

/** Works through a list, so many at a time. The first failure ends it. */
export async function inParallel<T>(
  items: readonly T[],
  parallel: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      for (const item of waiting) await work(item);
    }),
  );
}
