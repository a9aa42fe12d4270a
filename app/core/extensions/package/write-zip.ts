/**
 * A zip that is the same, byte for byte, for the same files, wherever it is made: names in order, one time for all, no extra
 * fields, and a deflate in JavaScript (that of zlib differs between processors). Pure.
 */
import { crc32 } from 'node:zlib';
import { deflateSync } from 'fflate';
import type { SafePath } from '../../base/index.ts';
import { zip } from './zip-format.ts';

export interface FileToPack {
  readonly path: SafePath;
  readonly bytes: Uint8Array;
  readonly executable: boolean;
}

interface Written {
  readonly name: Buffer;
  readonly method: number;
  readonly crc: number;
  readonly data: Uint8Array;
  readonly sizeBytes: number;
  readonly mode: number;
}

export function writeZip(files: readonly FileToPack[]): Buffer {
  const sorted = files.map((file) => prepare(file)).toSorted((a, b) => Buffer.compare(a.name, b.name));
  const parts: Uint8Array[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const file of sorted) {
    const header = localHeader(file);
    parts.push(header, file.data);
    central.push(centralHeader(file, offset));
    offset += header.length + file.data.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(zip.endBytes);
  end.writeUInt32LE(zip.endSignature, 0);
  end.writeUInt16LE(sorted.length, 8);
  end.writeUInt16LE(sorted.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, directory, end]);
}

function prepare({ path, bytes, executable }: FileToPack): Written {
  const packed = deflateSync(bytes, { level: 9 });
  const isSmaller = packed.length < bytes.length;
  return {
    name: Buffer.from(path),
    method: isSmaller ? zip.deflated : zip.stored,
    crc: crc32(bytes),
    data: isSmaller ? packed : bytes,
    sizeBytes: bytes.length,
    mode: executable ? 0o100755 : 0o100644,
  };
}

function localHeader(file: Written): Buffer {
  const header = Buffer.alloc(zip.localBytes);
  header.writeUInt32LE(zip.localSignature, 0);
  header.writeUInt16LE(zip.version, 4);
  writeCommon(header, 6, file);
  return Buffer.concat([header, file.name]);
}

function centralHeader(file: Written, offset: number): Buffer {
  const header = Buffer.alloc(zip.centralBytes);
  header.writeUInt32LE(zip.centralSignature, 0);
  header.writeUInt16LE(zip.madeBy, 4);
  header.writeUInt16LE(zip.version, 6);
  writeCommon(header, 8, file);
  header.writeUInt32LE(file.mode * 0x10000, 38);
  header.writeUInt32LE(offset, 42);
  return Buffer.concat([header, file.name]);
}

/** From the flags to the length of the name: the same in both headers. */
function writeCommon(header: Buffer, at: number, { method, crc, data, sizeBytes, name }: Written): void {
  header.writeUInt16LE(zip.utf8Flag, at);
  header.writeUInt16LE(method, at + 2);
  header.writeUInt16LE(0, at + 4);
  header.writeUInt16LE(zip.date, at + 6);
  header.writeUInt32LE(crc, at + 8);
  header.writeUInt32LE(data.length, at + 12);
  header.writeUInt32LE(sizeBytes, at + 16);
  header.writeUInt16LE(name.length, at + 20);
}
