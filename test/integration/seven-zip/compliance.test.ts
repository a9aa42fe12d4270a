import { rename, writeFile } from 'node:fs/promises';
import { createSevenZipUnpacker } from '../../support/seven-zip.ts';
import { runSevenZip, writeArchive } from '../../support/archives.ts';
import { unpackerCompliance } from '../../support/compliance/unpacker.ts';
import { largeName, packZeros } from '../../support/large-archives.ts';

const emptyZip = Buffer.concat([Buffer.from('PK\u0005\u0006', 'latin1'), Buffer.alloc(18)]);

for (const format of ['7z', 'zip'] as const) {
  unpackerCompliance({
    name: `seven-zip: ${format}`,
    create: createSevenZipUnpacker,
    extension: `.${format}`,
    isPackedApart: format === 'zip',
    pack: (path, entries, seed) => writeArchive(path, entries, { format, seed }),
    packEncrypted: (path, entries, seed) => writeArchive(path, entries, { format, seed, password: 'a secret' }),
    ...(format === 'zip' && { packEmpty: (path: string) => writeFile(path, emptyZip) }),
    packLarge: (path) =>
      packZeros(path, async (source, archive) => {
        await runSevenZip(['a', `-t${format}`, '-mx=1', '--', `${archive}.packing`, largeName], source);
        await rename(`${archive}.packing`, archive);
      }),
  });
}
