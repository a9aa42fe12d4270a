/** Mutated lines for a real peer's standard input: each gets exactly one answer, and the peer goes on. */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { catalogEntry, writeCatalog } from '../support/catalogs.ts';
import { smallGame } from '../support/games.ts';
import { mutated } from '../support/mutate.ts';
import { spawnPeer } from '../support/peer-spawn.ts';
import { SeededRandom } from '../support/random.ts';
import { tempDir } from '../support/temp.ts';
import { commandLines } from './samples.ts';

const batch = 200;
const answerLimitMs = 60_000;
/** Also what lingers; a leak of a few kilobytes a line is far more. */
const growthLimitKib = 150 * 1024;

export interface LinesResult {
  readonly lines: number;
  readonly growthKib: number;
}

export async function fuzzCommandLines({ seed, count }: { seed: number; count: number }): Promise<LinesResult> {
  await using folder = await tempDir('fuzz');
  const gamesDir = folder.join('games');
  const catalog = folder.join('catalog.json');
  await mkdir(gamesDir);
  await writeCatalog(catalog, [catalogEntry(smallGame('quake'))]);
  const child = spawnPeer({ name: 'fuzzed', gamesDir, stateDir: folder.join('state'), catalog });
  child.stderr.resume();
  child.stdin.on('error', () => {});
  const killNow = (): void => void child.kill('SIGKILL');
  process.once('exit', killNow);
  let answers = 0;
  let wake = (): void => {};
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || 'event' in value) {
      if (value !== null && Reflect.get(Object(value), 'event') === 'local-ready') answers += 1;
    } else answers += 1;
    wake();
  });
  child.on('close', () => wake());
  const arrived = async (wanted: number, what: string): Promise<void> => {
    const end = performance.now() + answerLimitMs;
    while (answers < wanted) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the peer is gone: ${what}`);
      if (performance.now() > end) throw new Error(`${answers} answers in place of ${wanted}: ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1_000);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    if (answers > wanted) throw new Error(`${answers} answers in place of ${wanted}: ${what}`);
  };
  try {
    await arrived(1, 'the start');
    let beforeKib = 0;
    let sent = 0;
    while (sent < count) {
      const texts: string[] = [];
      for (let index = 0; index < batch; index += 1) {
        const bytes = mutated(new SeededRandom(seed, sent + index), commandLines);
        // A line is what has no end of line in it and is not blank; and nobody shall quit in the middle.
        const text = bytes.toString('utf8').replaceAll(/[\r\n\u2028\u2029]/g, ' ');
        if (text.trim() !== '' && !text.includes('quit')) texts.push(text);
      }
      sent += batch;
      const before = answers;
      child.stdin.write(texts.map((text) => `${text}\n`).join(''));
      await arrived(before + texts.length, `seed ${seed}, lines up to ${sent}`);
      if (beforeKib === 0 && sent >= count / 10) beforeKib = await residentKib(child.pid);
    }
    const growthKib = (await residentKib(child.pid)) - beforeKib;
    if (growthKib > growthLimitKib) throw new Error(`the peer grew by ${growthKib} KiB over ${sent} lines`);
    return { lines: sent, growthKib };
  } finally {
    process.off('exit', killNow);
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
  }
}

/** 0 where the system does not tell. */
async function residentKib(pid: number | undefined): Promise<number> {
  const { readFile } = await import('node:fs/promises');
  const status = await readFile(join('/proc', String(pid), 'status'), 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
}
