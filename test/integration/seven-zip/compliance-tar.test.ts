import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createSevenZipUnpacker } from '../../support/seven-zip.ts';
import { runSevenZip } from '../../support/archives.ts';
import { unpackerCompliance } from '../../support/compliance/unpacker.ts';
import { writeEntries, type Entry } from '../../support/entries.ts';
import { largeName, packZeros } from '../../support/large-archives.ts';

async function packTar(path: string, entries: readonly Entry[], seed: string): Promise<void> {
  const source = `${path}.content`;
  await writeEntries(source, entries, seed);
  await runSevenZip(['a', '-ttar', '--', `${path}.tar`, '.'], source);
  await rm(source, { recursive: true });
}

for (const [type, extension] of [
  ['gzip', '.tar.gz'],
  ['xz', '.tar.xz'],
] as const) {
  unpackerCompliance({
    name: `seven-zip: ${extension}`,
    create: createSevenZipUnpacker,
    extension,
    pack: async (path, entries, seed) => {
      await packTar(path, entries, seed);
      await runSevenZip(['a', `-t${type}`, '-mx=1', '--', `${path}.packing`, `${path}.tar`], dirname(path));
      await rename(`${path}.packing`, path);
      await rm(`${path}.tar`);
    },
    packLarge: (path) =>
      packZeros(path, async (source, archive) => {
        await runSevenZip(['a', '-ttar', '--', `${archive}.tar`, largeName], source);
        await runSevenZip(['a', `-t${type}`, '-mx=1', '--', `${archive}.packing`, `${archive}.tar`], source);
        await rm(`${archive}.tar`);
        await rename(`${archive}.packing`, archive);
      }),
  });
}
