/**
 * Writes RAR 5.0 archives with the "store" method, so that tests have real RAR files without a RAR program. Names are
 * written as given: what an honest packer would never write is exactly what some tests need.
 *
 * An archive is a signature and then blocks: CRC-32 of the header, its size, type and flags, the type's own fields, an
 * optional area of extra records, then the data. Numbers are "vints": seven bits a byte, lowest first, the top bit set
 * on all but the last byte.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { contentOf, fixedMtime, sizeOf, type Entry, type FileEntry } from './entries.ts';

const signature = Buffer.from([0x52, 0x61, 0x72, 0x21, 0x1a, 0x07, 0x01, 0x00]);

const blockType = { main: 1, file: 2, end: 5 } as const;
const blockFlag = { extra: 0x01, data: 0x02 } as const;
const fileFlag = { directory: 0x01, mtime: 0x02, crc: 0x04 } as const;
const unix = 1;
const redirectionRecord = 5;
const unixSymlink = 1;
const mode = { file: 0o100644, executable: 0o100755, directory: 0o040755, symlink: 0o120777 } as const;

/** A number in RAR 5's variable length form. */
export function vint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

interface Block {
  type: number;
  fields: readonly Buffer[];
  extra?: Buffer;
  dataBytes?: number;
}

/** A block's header: everything but its data. */
function header({ type, fields, extra = Buffer.alloc(0), dataBytes }: Block): Buffer {
  const flags = (extra.length > 0 ? blockFlag.extra : 0) | (dataBytes === undefined ? 0 : blockFlag.data);
  const body = Buffer.concat([
    vint(type),
    vint(flags),
    ...(extra.length > 0 ? [vint(extra.length)] : []),
    ...(dataBytes === undefined ? [] : [vint(dataBytes)]),
    ...fields,
    extra,
  ]);
  const sized = Buffer.concat([vint(body.length), body]);
  return Buffer.concat([uint32(crc32(sized)), sized]);
}

function extraRecord(type: number, ...fields: Buffer[]): Buffer {
  const body = Buffer.concat([vint(type), ...fields]);
  return Buffer.concat([vint(body.length), body]);
}

function named(text: string): Buffer[] {
  const name = Buffer.from(text);
  return [vint(name.length), name];
}

function modeOf(entry: Entry): number {
  if (entry.kind === 'directory') return mode.directory;
  if (entry.kind === 'symlink') return mode.symlink;
  return entry.executable ? mode.executable : mode.file;
}

/** `dataCrc` is the CRC-32 of the file's bytes; the header's length does not depend on it. */
function fileHeader(entry: Entry, dataCrc: number): Buffer {
  const isFile = entry.kind === undefined || entry.kind === 'file';
  const sizeBytes = isFile ? sizeOf(entry) : 0;
  const flags = fileFlag.mtime | (entry.kind === 'directory' ? fileFlag.directory : 0) | (isFile ? fileFlag.crc : 0);
  const storeMethod = vint(0);
  const fields = [
    vint(flags),
    vint(sizeBytes),
    vint(modeOf(entry)),
    uint32(fixedMtime.getTime() / 1000),
    ...(isFile ? [uint32(dataCrc)] : []),
    storeMethod,
    vint(unix),
    ...named(entry.path),
  ];
  const extra =
    entry.kind === 'symlink'
      ? extraRecord(redirectionRecord, vint(unixSymlink), vint(0), ...named(entry.target))
      : Buffer.alloc(0);
  return header({ type: blockType.file, fields, extra, ...(isFile && { dataBytes: sizeBytes }) });
}

/** Writes one file's data behind the room for its header; returns where it ends. */
async function writeFile(
  archive: FileHandle,
  start: number,
  { entry, seed }: { entry: FileEntry; seed: string },
): Promise<number> {
  let position = start + fileHeader(entry, 0).length;
  let crc = 0;
  for (const chunk of contentOf(entry, seed)) {
    crc = crc32(chunk, crc);
    await archive.write(chunk, 0, chunk.length, position);
    position += chunk.length;
  }
  await writeAt(archive, start, fileHeader(entry, crc));
  return position;
}

async function writeAt(archive: FileHandle, position: number, bytes: Buffer): Promise<number> {
  await archive.write(bytes, 0, bytes.length, position);
  return position + bytes.length;
}

/** Writes the entries, in their order, to a new archive at `path`. Fails when the file exists. */
export async function writeRar5(path: string, entries: readonly Entry[], seed: string): Promise<void> {
  const archive = await open(path, 'wx');
  try {
    let position = await writeAt(archive, 0, signature);
    position = await writeAt(archive, position, header({ type: blockType.main, fields: [vint(0)] }));
    for (const entry of entries) {
      if (entry.kind === undefined || entry.kind === 'file')
        position = await writeFile(archive, position, { entry, seed });
      else position = await writeAt(archive, position, fileHeader(entry, 0));
    }
    await writeAt(archive, position, header({ type: blockType.end, fields: [vint(0)] }));
  } finally {
    await archive.close();
  }
}
