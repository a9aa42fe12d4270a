/**
 * The library over many games: `npm run bench -- library-scan [--games 1000] [--files 200] [--rounds 9]`. A cold scan
 * knows nothing, a warm one what the last one stored. The reference of the warm scan does the least that could be done,
 * one listing and one read a game, with nothing remembered, compared or told.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { open, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { nodeFileSystem, silentLogger } from '../../app/core/base/index.ts';
import { openLibrary, WorkerBlockHasher, type BlockHasher } from '../../app/core/library/index.ts';
import { openState, type State } from '../../app/core/state/index.ts';
import { tempDir } from '../support/temp.ts';
import { until } from '../support/eventually.ts';
import { figure, type Figure } from './bench.ts';

const foldersPerGame = 4;
const mib = 1024 * 1024;
const parallelReads = 16;

interface Shape {
  readonly games: number;
  readonly files: number;
  readonly rounds: number;
}

export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      games: { type: 'string', default: '1000' },
      files: { type: 'string', default: '200' },
      rounds: { type: 'string', default: '9' },
    },
  });
  const shape = { games: Number(values.games), files: Number(values.files), rounds: Number(values.rounds) };
  await using temp = await tempDir('library-scan');
  const gamesDir = temp.join('games');
  makeGames(gamesDir, shape);
  return [...(await scans(gamesDir, temp.join('state'), shape)), ...(await hashing(temp.join('large.bin'), shape))];
}

/** `files` a game: most of them in folders, an archive or two at the top. */
function makeGames(gamesDir: string, { games, files }: Shape): void {
  for (let game = 0; game < games; game += 1) {
    const root = join(gamesDir, `game-${game}`);
    for (let folder = 0; folder < foldersPerGame; folder += 1)
      mkdirSync(join(root, `folder ${folder}`), { recursive: true });
    writeFileSync(join(root, 'version.ini'), 'version = 1.0\n');
    writeFileSync(join(root, `game-${game}.eti`), 'archive');
    for (let file = 1; file < files; file += 1)
      writeFileSync(join(root, `folder ${file % foldersPerGame}`, `file ${file}.bin`), '');
  }
}

async function scans(gamesDir: string, directory: string, { games, files, rounds }: Shape): Promise<Figure[]> {
  const { state } = openState({ directory });
  using _state = state;
  const cold: number[] = [];
  const warm: number[] = [];
  const thorough: number[] = [];
  const restarted: number[] = [];
  const reference: number[] = [];
  const longestStall: number[] = [];
  {
    // Nothing is hashed here: the cold scan is measured alone.
    await using library = await openWith(gamesDir, state, idleHasher);
    cold.push(await timed(() => library.scan()));
  }
  {
    await using library = await openWith(gamesDir, state, new WorkerBlockHasher());
    await library.scan();
    await until('all is hashed', () => library.games().every(({ manifestRoot }) => manifestRoot), { limitMs: 600_000 });
    for (let round = 0; round < rounds; round += 1) {
      reference.push(await timed(() => listAndRead(gamesDir)));
      warm.push(await timed(() => library.scan()));
      thorough.push(await timed(() => library.scan({ thorough: true })));
      longestStall.push(await stallDuring(() => library.scan()));
    }
  }
  for (let round = 0; round < rounds; round += 1) {
    await using library = await openWith(gamesDir, state, idleHasher);
    restarted.push(await timed(() => library.scan()));
    if (library.games().length !== games) throw new Error(`${library.games().length} games were listed`);
  }
  const perSecond = (values: readonly number[]): number[] => values.map((ms) => games / (ms / 1_000));
  const what = `${games} games, ${games * files} files`;
  return [
    figure(`cold scan, ${what}`, { unit: 'ms', values: cold }),
    figure(`warm scan, ${what}`, { unit: 'ms', values: warm }),
    figure(`warm scan after a restart, ${what}`, { unit: 'ms', values: restarted }),
    figure(`thorough scan, ${what}`, { unit: 'ms', values: thorough }),
    figure('longest stall of the control loop in a warm scan', { unit: 'ms', values: longestStall }),
    figure('warm scan, games per second', {
      unit: '1/s',
      values: perSecond(warm),
      reference: { name: 'one listing and one read a game', values: perSecond(reference) },
    }),
  ];
}

const idleHasher: BlockHasher = {
  hashFile: () => new Promise(() => {}),
  checkBlocks: () => new Promise(() => {}),
  [Symbol.asyncDispose]: async () => {},
};

function openWith(gamesDir: string, state: State, hasher: BlockHasher) {
  const common = { fileSystem: nodeFileSystem, logger: silentLogger, isKnownGame: () => true };
  return openLibrary({ gamesDir, state, hasher, ...common });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** The longest that a timer came too late while the work ran. */
async function stallDuring(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last - 1);
    last = now;
  }, 1);
  await work();
  clearInterval(timer);
  return longest;
}

async function listAndRead(gamesDir: string): Promise<void> {
  const names = await readdir(gamesDir);
  const worker = async (): Promise<void> => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      await readdir(join(gamesDir, name), { withFileTypes: true });
      await readFile(join(gamesDir, name, 'version.ini'));
    }
  };
  await Promise.all(Array.from({ length: parallelReads }, worker));
}

/** A file that lies in the page cache, hashed block by block; the reference only reads it. */
async function hashing(path: string, { rounds }: Shape): Promise<Figure[]> {
  const sizeMib = 512;
  {
    await using handle = await open(path, 'w');
    const part = Buffer.alloc(8 * mib, 7);
    for (let at = 0; at < sizeMib; at += 8) await handle.write(part, 0, part.length, at * mib);
  }
  await using hasher = new WorkerBlockHasher();
  await hasher.hashFile(path);
  const values: number[] = [];
  const reference: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    reference.push(sizeMib / ((await timed(() => readThrough(path))) / 1_000));
    values.push(sizeMib / ((await timed(() => hasher.hashFile(path))) / 1_000));
  }
  return [
    figure(`block hashing of ${sizeMib} MiB in memory`, {
      unit: 'MiB/s',
      values,
      reference: { name: 'reading it in 4 MiB pieces', values: reference },
    }),
  ];
}

async function readThrough(path: string): Promise<void> {
  await using handle = await open(path, 'r');
  const buffer = Buffer.allocUnsafe(4 * mib);
  for (let at = 0; ; ) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return;
    at += bytesRead;
  }
}
