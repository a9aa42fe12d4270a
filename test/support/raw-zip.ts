/** Writes zips field by field, so that each can lie. For tests of what reads packages. */
import { crc32, deflateRawSync } from 'node:zlib';

export interface RawEntry {
  readonly name: string | Buffer;
  readonly bytes?: Buffer | string;
  readonly method?: 0 | 8;
  /** What the headers claim, where it is not the truth. */
  readonly claims?: {
    crc?: number;
    packedBytes?: number;
    sizeBytes?: number;
    flags?: number;
    mode?: number;
    host?: number;
  };
  /** What the local header claims, where it differs from the directory. */
  readonly local?: { name?: string; sizeBytes?: number; method?: number };
  /** Where the directory says that it begins. */
  readonly offset?: number;
}

/** Where it says that it was made. */
const unix = 3;

interface Fields {
  flags: number;
  method: number;
  crc: number;
  packedBytes: number;
  sizeBytes: number;
  name: Buffer;
}

function common({ flags, method, crc, packedBytes, sizeBytes, name }: Fields): Buffer {
  const buffer = Buffer.alloc(26);
  buffer.writeUInt16LE(20, 0);
  buffer.writeUInt16LE(flags, 2);
  buffer.writeUInt16LE(method, 4);
  buffer.writeUInt32LE(crc, 10);
  buffer.writeUInt32LE(packedBytes, 14);
  buffer.writeUInt32LE(sizeBytes, 18);
  buffer.writeUInt16LE(name.length, 22);
  return buffer;
}

/** `between`: bytes put before each entry but the first. */
export function rawZip(entries: readonly RawEntry[], { between = Buffer.alloc(0), comment = '' } = {}): Buffer {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [index, entry] of entries.entries()) {
    const { bytes = '', method = 0, claims = {}, local = {} } = entry;
    const content = Buffer.from(bytes);
    const data = method === 8 ? deflateRawSync(content) : content;
    const name = Buffer.from(entry.name);
    const fields: Fields = {
      flags: claims.flags ?? 0x0800,
      method,
      crc: claims.crc ?? crc32(content),
      packedBytes: claims.packedBytes ?? data.length,
      sizeBytes: claims.sizeBytes ?? content.length,
      name,
    };
    if (index > 0) {
      parts.push(between);
      offset += between.length;
    }
    const localName = local.name === undefined ? name : Buffer.from(local.name);
    const header = Buffer.concat([
      Buffer.from('PK\x03\x04'),
      common({ ...fields, ...local, name: localName }),
      localName,
    ]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(((claims.mode ?? 0o100644) * 0x10000) >>> 0, 6);
    tail.writeUInt32LE(entry.offset ?? offset, 10);
    central.push(
      Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, claims.host ?? unix]), common(fields), tail, name]),
    );
    parts.push(header, data);
    offset += header.length + data.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...parts, directory, end, Buffer.from(comment)]);
}
