/**
 * Writes zip archives with the "store" method, with whatever names it is given: 7-Zip cleans names when it packs, so
 * hostile archives have to be made by hand. For small contents only; ordinary zips come from 7-Zip.
 */
import { writeFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { contentOf, type Entry } from './entries.ts';

const utf8Names = 0x0800;
const madeByUnix = 3 << 8;
const versionNeeded = 20;
/** 2024-05-17 in the MS-DOS form. */
const dosDate = ((2024 - 1980) << 9) | (5 << 5) | 17;

function bytesOf(entry: Entry, seed: string): Buffer {
  if (entry.kind === 'directory') return Buffer.alloc(0);
  if (entry.kind === 'symlink') return Buffer.from(entry.target);
  return Buffer.concat([...contentOf(entry, seed)].map((chunk) => Buffer.from(chunk)));
}

function unixMode(entry: Entry): number {
  if (entry.kind === 'directory') return 0o040755;
  if (entry.kind === 'symlink') return 0o120777;
  return entry.executable ? 0o100755 : 0o100644;
}

/** The fields that the local header and the central directory share. */
function commonFields(bytes: Buffer, name: Buffer): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(versionNeeded, 0);
  fields.writeUInt16LE(utf8Names, 2);
  fields.writeUInt16LE(dosDate, 8);
  fields.writeUInt32LE(crc32(bytes), 10);
  fields.writeUInt32LE(bytes.length, 14);
  fields.writeUInt32LE(bytes.length, 18);
  fields.writeUInt16LE(name.length, 22);
  return fields;
}

/** Writes the entries, in their order, to a new archive at `path`. Fails when the file exists. */
export async function writeZip(path: string, entries: readonly Entry[], seed: string): Promise<void> {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const bytes = bytesOf(entry, seed);
    const name = Buffer.from(entry.kind === 'directory' ? `${entry.path}/` : entry.path);
    const common = commonFields(bytes, name);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, name, bytes]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((unixMode(entry) << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    const madeBy = Buffer.alloc(2);
    madeBy.writeUInt16LE(madeByUnix | versionNeeded);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02'), madeBy, common, tail, name]));
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  await writeFile(path, Buffer.concat([...parts, central, end]), { flag: 'wx' });
}
