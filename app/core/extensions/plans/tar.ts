/** Reads a tar archive as it comes out of a tool and holds it to the listing. Knows ustar, pax and GNU's long names. */
import { LanspreadError } from '../../base/index.ts';
import type { ArchiveEntry, EntryStreamItem } from '../../content/index.ts';
import { tooShort } from './split.ts';

const blockBytes = 512;
/** Names and attributes that stand before an entry; real ones have a few hundred bytes. */
const maxExtensionBytes = 1024 * 1024;

function corrupt(message: string, cause?: symbol): LanspreadError {
  return new LanspreadError('ARCHIVE_CORRUPT', {
    message: `The tar archive is damaged: ${message}.`,
    ...(cause && { cause }),
  });
}

const fileTypes: ReadonlySet<string> = new Set(['0', '\0', '7']);

/** Left out: whoever installs puts copies in their place. */
const linkTypes: ReadonlySet<string> = new Set(['1', '2']);

interface Header {
  readonly path: string;
  readonly sizeBytes: number;
  readonly type: string;
}

function textOf(block: Uint8Array, from: number, length: number): string {
  const field = block.subarray(from, from + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

/** Octal, or binary with the first bit set. */
function numberOf(block: Uint8Array, from: number, length: number): number {
  const field = block.subarray(from, from + length);
  if (((field[0] ?? 0) & 0x80) === 0) {
    const text = textOf(block, from, length).trim();
    if (text !== '' && !/^[0-7]+$/.test(text)) throw corrupt('a number is not one');
    return text === '' ? 0 : Number.parseInt(text, 8);
  }
  const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, (field[0] ?? 0) & 0x7f);
  if (!Number.isSafeInteger(value)) throw corrupt('a size is impossible');
  return value;
}

function parseHeader(block: Uint8Array): Header {
  const sum = block.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 0x20 : byte), 0);
  if (sum !== numberOf(block, 148, 8)) throw corrupt('a header does not fit its checksum');
  const isUstar = textOf(block, 257, 5) === 'ustar';
  const prefix = isUstar && block[263] === 0x30 ? textOf(block, 345, 155) : '';
  const name = textOf(block, 0, 100);
  return {
    path: prefix === '' ? name : `${prefix}/${name}`,
    sizeBytes: numberOf(block, 124, 12),
    type: String.fromCharCode(block[156] ?? 0),
  };
}

/** `12 path=x\n` again and again. */
function parsePax(bytes: Uint8Array): Map<string, string> {
  const fields = new Map<string, string>();
  for (let from = 0; from < bytes.length; ) {
    const space = bytes.indexOf(0x20, from);
    const length = Number(new TextDecoder().decode(bytes.subarray(from, Math.max(from, space))));
    if (space < 0 || !Number.isInteger(length) || length <= space - from || from + length > bytes.length)
      throw corrupt('an attribute has no proper length');
    const line = new TextDecoder().decode(bytes.subarray(space + 1, from + length - 1));
    const equals = line.indexOf('=');
    if (equals > 0) fields.set(line.slice(0, equals), line.slice(equals + 1));
    from += length;
  }
  return fields;
}

function plainPath(path: string): string {
  return path.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '');
}

/** Cuts what arrives in pieces of any length into those that are asked for. */
class Cutter {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);

  constructor(content: AsyncIterable<Uint8Array>) {
    this.#chunks = content[Symbol.asyncIterator]();
  }

  /** The next bytes that are there, at least one. Undefined at the end. */
  async some(atMost: number): Promise<Uint8Array | undefined> {
    while (this.#chunk.length === 0) {
      const next = await this.#chunks.next();
      if (next.done) return undefined;
      this.#chunk = next.value;
    }
    const bytes = this.#chunk.subarray(0, atMost);
    this.#chunk = this.#chunk.subarray(bytes.length);
    return bytes;
  }

  /** Exactly this many; undefined when there is nothing at all. */
  async exactly(lengthBytes: number): Promise<Uint8Array | undefined> {
    const bytes = Buffer.alloc(lengthBytes);
    let have = 0;
    while (have < lengthBytes) {
      const some = await this.some(lengthBytes - have);
      if (!some && have === 0) return undefined;
      if (!some) throw corrupt('it is cut off', tooShort);
      bytes.set(some, have);
      have += some.length;
    }
    return bytes;
  }

  async skip(lengthBytes: number): Promise<void> {
    for (let missing = lengthBytes; missing > 0; ) {
      const some = await this.some(missing);
      if (!some) throw corrupt('it is cut off', tooShort);
      missing -= some.length;
    }
  }
}

function paddingOf(sizeBytes: number): number {
  return (blockBytes - (sizeBytes % blockBytes)) % blockBytes;
}

/** The next entry's header, with the names and attributes that stand before it. Undefined: the end. */
async function nextHeader(cutter: Cutter): Promise<Header | undefined> {
  let changes: { path?: string; sizeBytes?: number } = {};
  for (;;) {
    const block = await cutter.exactly(blockBytes);
    if (!block) throw corrupt('its end is missing', tooShort);
    if (block.every((byte) => byte === 0)) return undefined;
    const header = parseHeader(block);
    if (!'xgLK'.includes(header.type)) return { ...header, ...changes };
    if (header.sizeBytes > maxExtensionBytes) throw corrupt('an attribute is too long');
    const content = (await cutter.exactly(header.sizeBytes)) ?? new Uint8Array(0);
    await cutter.skip(paddingOf(header.sizeBytes));
    if (header.type === 'L') changes = { ...changes, path: textOf(content, 0, content.length) };
    if (header.type === 'x') changes = { ...changes, ...changesOf(parsePax(content)) };
  }
}

function changesOf(pax: ReadonlyMap<string, string>): { path?: string; sizeBytes?: number } {
  const path = pax.get('path');
  const size = pax.get('size');
  if (size !== undefined && !/^\d{1,15}$/.test(size)) throw corrupt('a size is impossible');
  return { ...(path !== undefined && { path }), ...(size !== undefined && { sizeBytes: Number(size) }) };
}

/**
 * The entries of the listing with their content. Links, and folders that the listing does not name, are left out; anything else that
 * differs is `ARCHIVE_CORRUPT`, what is neither file nor folder `ARCHIVE_HOSTILE`.
 */
export async function* splitTar(
  content: AsyncIterable<Uint8Array>,
  entries: readonly ArchiveEntry[],
): AsyncGenerator<EntryStreamItem, void, undefined> {
  const cutter = new Cutter(content);
  let next = 0;
  for (let header = await nextHeader(cutter); header; header = await nextHeader(cutter)) {
    const path = plainPath(header.path);
    const isDirectory = header.type === '5';
    const entry = entries[next];
    if (linkTypes.has(header.type)) {
      await cutter.skip(header.sizeBytes + paddingOf(header.sizeBytes));
      continue;
    }
    if (!isDirectory && !fileTypes.has(header.type))
      throw new LanspreadError('ARCHIVE_HOSTILE', {
        message: `${JSON.stringify(path.slice(0, 300))} is neither a file nor a folder.`,
        details: { entry: path.slice(0, 300) },
      });
    if (entry?.path !== path || (entry.kind === 'directory') !== isDirectory) {
      if (!isDirectory) throw corrupt(`${JSON.stringify(path.slice(0, 300))} is not what the listing has here`);
      await cutter.skip(header.sizeBytes + paddingOf(header.sizeBytes));
      continue;
    }
    if (!isDirectory && header.sizeBytes !== entry.sizeBytes)
      throw corrupt(`${JSON.stringify(path)} has ${header.sizeBytes} bytes, not ${entry.sizeBytes} as listed`);
    next += 1;
    yield { kind: 'entry', entry };
    for (let missing = header.sizeBytes; missing > 0; ) {
      const bytes = await cutter.some(missing);
      if (!bytes) throw corrupt(`${missing} bytes of ${JSON.stringify(path)} are missing`, tooShort);
      missing -= bytes.length;
      if (!isDirectory) yield { kind: 'bytes', bytes };
    }
    await cutter.skip(paddingOf(header.sizeBytes));
  }
  const missing = entries[next];
  if (missing) throw corrupt(`${JSON.stringify(missing.path)} did not come`);
}
