import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { truncate, mkdir } from 'node:fs/promises';
import { createSevenZipUnpacker } from '../../../app/extensions/seven-zip/index.ts';
import { runSevenZip, writeArchive, type ArchiveFormat } from '../../support/archives.ts';
import { unpackerCompliance } from '../../support/compliance/unpacker.ts';
import { writeEntries, type Entry } from '../../support/entries.ts';

const mib = 1024 * 1024;
const largeBytes = 1024 * mib;

/** Zeros: quickly packed, small, and a second or more of unpacking. */
async function packLarge(path: string, pack: (source: string, archive: string) => Promise<unknown>) {
  const source = `${path}.source`;
  await mkdir(source);
  await writeFile(join(source, 'zeros.bin'), '');
  await truncate(join(source, 'zeros.bin'), largeBytes);
  await pack(source, path);
  await rm(source, { recursive: true });
  return { totalBytes: largeBytes };
}

const packWith = (format: ArchiveFormat) => (path: string, entries: readonly Entry[], seed: string) =>
  writeArchive(path, entries, { format, seed });

function packerTo(type: string, extra: string[] = []) {
  return async (source: string, archive: string) => {
    await runSevenZip(['a', `-t${type}`, '-mx=1', ...extra, '--', `${archive}.packing`, './zeros.bin'], source);
    await rename(`${archive}.packing`, archive);
  };
}

const emptyZip = Buffer.concat([Buffer.from('PK\u0005\u0006', 'latin1'), Buffer.alloc(18)]);

for (const format of ['7z', 'zip'] as const) {
  unpackerCompliance({
    name: `seven-zip: ${format}`,
    create: createSevenZipUnpacker,
    extension: `.${format}`,
    pack: packWith(format),
    packEncrypted: (path, entries, seed) => writeArchive(path, entries, { format, seed, password: 'a secret' }),
    ...(format === 'zip' && { packEmpty: (path: string) => writeFile(path, emptyZip) }),
    packLarge: (path) => packLarge(path, packerTo(format)),
  });
}

unpackerCompliance({
  name: 'seven-zip: RAR 5',
  create: createSevenZipUnpacker,
  extension: '.rar',
  pack: packWith('rar5'),
  packLarge: async (path) => {
    await writeArchive(path, [{ path: 'zeros.bin', sizeBytes: 512 * mib, sparse: true }], {
      format: 'rar5',
      seed: 'x',
    });
    return { totalBytes: 512 * mib };
  },
});

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
      packLarge(path, async (source, archive) => {
        await runSevenZip(['a', '-ttar', '--', `${archive}.tar`, './zeros.bin'], source);
        await runSevenZip(['a', `-t${type}`, '-mx=1', '--', `${archive}.packing`, `${archive}.tar`], source);
        await rm(`${archive}.tar`);
        await rename(`${archive}.packing`, archive);
      }),
  });
}
