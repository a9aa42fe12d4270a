import { createSevenZipUnpacker } from '../../support/seven-zip.ts';
import { writeArchive } from '../../support/archives.ts';
import { unpackerCompliance } from '../../support/compliance/unpacker.ts';

const largeBytes = 512 * 1024 * 1024;

unpackerCompliance({
  name: 'seven-zip: RAR 5',
  create: createSevenZipUnpacker,
  extension: '.rar',
  isPackedApart: true,
  pack: (path, entries, seed) => writeArchive(path, entries, { format: 'rar5', seed }),
  packLarge: async (path) => {
    const entries = [{ path: 'zeros.bin', sizeBytes: largeBytes, sparse: true }];
    await writeArchive(path, entries, { format: 'rar5', seed: 'x' });
    return { totalBytes: largeBytes };
  },
});
