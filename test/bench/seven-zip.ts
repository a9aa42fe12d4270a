/** 7-Zip against a plain copy of the same bytes, and which archive formats the bundled binary opens. Option: --mib 128 */
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createSevenZipUnpacker } from '../support/seven-zip.ts';
import { runSevenZip, writeArchive, type ArchiveFormat } from '../support/archives.ts';
import { writeEntries, type Entry } from '../support/entries.ts';
import { tempDir } from '../support/temp.ts';
import { figure, type Figure } from './bench.ts';

const rounds = 3;
const formats: readonly ArchiveFormat[] = ['rar5', '7z', 'zip'];

export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const { values } = parseArgs({ args: [...args], options: { mib: { type: 'string', default: '128' } } });
  const sizeBytes = Number(values.mib) * 1024 * 1024;
  await using folder = await tempDir('bench');
  const entries: Entry[] = [{ path: 'game.bin', sizeBytes }];
  await writeEntries(folder.join('plain'), entries, 'bench');
  for (const format of formats) await writeArchive(folder.join(format), entries, { format, seed: 'bench' });
  const speeds = new Map<string, number[]>();
  const measure = async (name: string, work: (target: string) => Promise<void>): Promise<void> => {
    const target = folder.join('out');
    await mkdir(target);
    const started = performance.now();
    await work(target);
    const mibPerSecond = sizeBytes / 1024 / 1024 / ((performance.now() - started) / 1000);
    speeds.set(name, [...(speeds.get(name) ?? []), mibPerSecond]);
    await rm(target, { recursive: true });
  };
  const unpacker = createSevenZipUnpacker();
  const { signal } = new AbortController();
  for (let round = 0; round < rounds; round += 1) {
    await measure('copy', (target) => copyFile(folder.join('plain', 'game.bin'), `${target}/game.bin`));
    for (const format of formats)
      await measure(format, (target) => unpacker.extract(folder.join(format), target, { signal }));
  }
  const known = /^\s*[0-9 ]*\S*\s+\S*\s*(Rar5?|7z|zip|tar|gzip|bzip2|xz|zstd|Iso)\s/gim;
  const opened = new Set(Array.from((await runSevenZip(['i'])).matchAll(known), (match) => match[1]?.toLowerCase()));
  console.error(`opens: ${[...opened].sort().join(', ')}`);
  const reference = { name: 'copy', values: speeds.get('copy') ?? [] };
  return [
    figure('copy', { unit: 'MiB/s', values: reference.values }),
    ...formats.map((format) =>
      figure(`unpack ${format}`, { unit: 'MiB/s', values: speeds.get(format) ?? [], reference }),
    ),
  ];
}
