/**
 * Reads a zip that may be hostile. The central directory and every local header have to agree, entries follow each other
 * without a gap and without meeting, names pass the gate for paths on every platform, nothing is a link, and an entry
 * unpacks to exactly the size and checksum it claims. Whatever differs is refused. Pure.
 */
import { crc32, inflateRawSync } from 'node:zlib';
import { asBuffer, LanspreadError, PathSet, whyUnsafe, type SafePath } from '../../base/index.ts';
import { zip } from './zip-format.ts';

interface ZipLimits {
  readonly files: number;
  /** All files together, unpacked. */
  readonly totalBytes: number;
  /** Unpacked bytes to one byte of the zip; a zip of less than a mebibyte unpacked is let alone. */
  readonly ratio: number;
}

export const packageLimits: ZipLimits = { files: 10_000, totalBytes: 512 * 1024 * 1024, ratio: 200 };
const ratioFreeBytes = 1024 * 1024;

export interface ZipFile {
  readonly path: SafePath;
  readonly sizeBytes: number;
  /** Unpacks it. Throws `EXTENSION_INVALID` when it is not what the directory says. */
  read(): Buffer;
}

interface CentralEntry {
  readonly name: Buffer;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly sizeBytes: number;
  readonly mode: number;
  readonly offset: number;
}

function refuse(what: string): LanspreadError {
  return new LanspreadError('EXTENSION_INVALID', { message: `The package is damaged or hostile: ${what}.` });
}

/** The files in it; folders only lead to them. Throws `EXTENSION_INVALID`. */
export function readZip(bytes: Uint8Array, limits: ZipLimits = packageLimits): ZipFile[] {
  const buffer = asBuffer(bytes);
  const { entries, directoryOffset } = readDirectory(buffer, limits);
  const names = new PathSet();
  const files: ZipFile[] = [];
  let totalBytes = 0;
  for (const entry of entries) {
    const { path, isDirectory } = checkEntry(entry);
    addName(names, path, isDirectory);
    totalBytes += entry.sizeBytes;
    if (totalBytes > limits.totalBytes) throw refuse(`it unpacks to more than ${limits.totalBytes} bytes`);
    const data = { start: dataStart(buffer, entry, path), path };
    if (!isDirectory) files.push({ path, sizeBytes: entry.sizeBytes, read: () => unpack(buffer, entry, data) });
  }
  if (totalBytes > Math.max(ratioFreeBytes, buffer.length * limits.ratio))
    throw refuse(`it unpacks to ${totalBytes} bytes out of ${buffer.length}`);
  assertInOrder(buffer, entries, directoryOffset);
  return files;
}

function readDirectory(buffer: Buffer, limits: ZipLimits): { entries: CentralEntry[]; directoryOffset: number } {
  const endOffset = buffer.length - zip.endBytes;
  if (endOffset < 0 || buffer.readUInt32LE(endOffset) !== zip.endSignature) throw refuse('it is no zip file');
  if (buffer.readUInt16LE(endOffset + 20) !== 0) throw refuse('it is cut off');
  const count = buffer.readUInt16LE(endOffset + 10);
  const size = buffer.readUInt32LE(endOffset + 12);
  const directoryOffset = buffer.readUInt32LE(endOffset + 16);
  const isWhole = buffer.readUInt32LE(endOffset + 4) === 0 && buffer.readUInt16LE(endOffset + 8) === count;
  if (!isWhole || directoryOffset + size !== endOffset) throw refuse('its directory is not where it should be');
  if (count > limits.files) throw refuse(`it has more than ${limits.files} files`);
  const entries: CentralEntry[] = [];
  let at = directoryOffset;
  while (at < endOffset) {
    if (at + zip.centralBytes > endOffset || buffer.readUInt32LE(at) !== zip.centralSignature)
      throw refuse('its directory is broken');
    const nameBytes = buffer.readUInt16LE(at + 28);
    const next = at + zip.centralBytes + nameBytes + buffer.readUInt16LE(at + 30) + buffer.readUInt16LE(at + 32);
    if (next > endOffset || entries.length === count) throw refuse('its directory is broken');
    entries.push({
      name: buffer.subarray(at + zip.centralBytes, at + zip.centralBytes + nameBytes),
      flags: buffer.readUInt16LE(at + 8),
      method: buffer.readUInt16LE(at + 10),
      crc: buffer.readUInt32LE(at + 16),
      packedBytes: buffer.readUInt32LE(at + 20),
      sizeBytes: buffer.readUInt32LE(at + 24),
      mode: buffer.readUInt16LE(at + 40),
      offset: buffer.readUInt32LE(at + 42),
    });
    at = next;
  }
  if (entries.length !== count) throw refuse('its directory is broken');
  return { entries, directoryOffset };
}

function checkEntry({ name, flags, method, packedBytes, sizeBytes, mode }: CentralEntry): {
  path: SafePath;
  isDirectory: boolean;
} {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(name);
  } catch {
    throw refuse('a name is not UTF-8');
  }
  const shown = JSON.stringify(text.slice(0, 250));
  const isDirectory = text.endsWith('/');
  const path = isDirectory ? text.slice(0, -1) : text;
  const reason = whyUnsafe(path, { atGameRoot: false, platform: 'win32' });
  if (reason !== undefined) throw refuse(`the name ${shown} ${reason}`);
  const type = mode & 0o170000;
  if (type !== 0 && type !== (isDirectory ? 0o040000 : 0o100000)) throw refuse(`${shown} is a link or no plain file`);
  if ((flags & zip.encryptedFlag) !== 0) throw refuse(`${shown} is encrypted`);
  if (method !== zip.stored && method !== zip.deflated) throw refuse(`${shown} is packed in a way that is not known`);
  if (method === zip.stored && packedBytes !== sizeBytes) throw refuse(`${shown} lies about its size`);
  if (isDirectory && sizeBytes !== 0) throw refuse(`the folder ${shown} has content`);
  // `whyUnsafe` is what makes a text a safe path.
  return { path: path as SafePath, isDirectory };
}

function addName(names: PathSet, path: SafePath, isDirectory: boolean): void {
  try {
    names.add(path, isDirectory ? 'directory' : 'file');
  } catch (cause) {
    throw new LanspreadError('EXTENSION_INVALID', {
      message: `The package is damaged or hostile: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    });
  }
}

/** Where the data of an entry begins, after its local header, which has to say the same as the directory. */
function dataStart(buffer: Buffer, entry: CentralEntry, path: string): number {
  const { offset } = entry;
  if (offset + zip.localBytes > buffer.length || buffer.readUInt32LE(offset) !== zip.localSignature)
    throw refuse(`${JSON.stringify(path)} is not where the directory says`);
  const nameEnd = offset + zip.localBytes + buffer.readUInt16LE(offset + 26);
  const hasDescriptor = (entry.flags & zip.descriptorFlag) !== 0;
  const agrees =
    buffer.readUInt16LE(offset + 6) === entry.flags &&
    buffer.readUInt16LE(offset + 8) === entry.method &&
    buffer.subarray(offset + zip.localBytes, nameEnd).equals(entry.name) &&
    (hasDescriptor ||
      (buffer.readUInt32LE(offset + 14) === entry.crc &&
        buffer.readUInt32LE(offset + 18) === entry.packedBytes &&
        buffer.readUInt32LE(offset + 22) === entry.sizeBytes));
  if (!agrees) throw refuse(`${JSON.stringify(path)} says other things in its header than in the directory`);
  const start = nameEnd + buffer.readUInt16LE(offset + 28);
  if (start + entry.packedBytes > buffer.length) throw refuse(`${JSON.stringify(path)} is cut off`);
  return start;
}

/** Checksum and sizes that may follow an entry's data, with a signature or without. */
const descriptorBytes = new Set([12, 16]);

/** No entry meets another (the trick of small bombs), nothing hides between them. */
function assertInOrder(buffer: Buffer, entries: readonly CentralEntry[], directoryOffset: number): void {
  let end = 0;
  const inOrder = entries.toSorted((a, b) => a.offset - b.offset);
  for (const [index, { offset, packedBytes, flags }] of inOrder.entries()) {
    if (offset !== end) throw refuse('its files overlap, or something hides between them');
    const headers = zip.localBytes + buffer.readUInt16LE(offset + 26) + buffer.readUInt16LE(offset + 28);
    end = offset + headers + packedBytes;
    const next = inOrder[index + 1]?.offset ?? directoryOffset;
    if ((flags & zip.descriptorFlag) !== 0 && descriptorBytes.has(next - end)) end = next;
  }
  if (end !== directoryOffset) throw refuse('its files overlap, or something hides between them');
}

function unpack(buffer: Buffer, entry: CentralEntry, { start, path }: { start: number; path: string }): Buffer {
  const packed = buffer.subarray(start, start + entry.packedBytes);
  const bytes = entry.method === zip.stored ? packed : inflate(packed, entry.sizeBytes, path);
  if (bytes.length !== entry.sizeBytes) throw refuse(`${JSON.stringify(path)} lies about its size`);
  if (crc32(bytes) !== entry.crc) throw refuse(`${JSON.stringify(path)} does not fit its checksum`);
  return bytes;
}

/** At most as much as it claims, so that a lie costs no memory. */
function inflate(packed: Buffer, sizeBytes: number, path: string): Buffer {
  try {
    // With `info` the result is the bytes and the engine, which knows how much of the input the stream was.
    const { buffer, engine } = inflateRawSync(packed, {
      maxOutputLength: Math.max(sizeBytes, 1),
      info: true,
    }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    if (engine.bytesWritten === packed.length) return buffer;
  } catch (cause) {
    throw new LanspreadError('EXTENSION_INVALID', {
      message: `The package is damaged or hostile: ${JSON.stringify(path)} does not unpack to what it claims.`,
      cause,
    });
  }
  throw refuse(`${JSON.stringify(path)} is followed by something else`);
}
