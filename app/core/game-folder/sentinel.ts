import { isNotFound, writeFileAtomic, type FileSystem } from '../base/index.ts';
import { limits } from '../protocol/index.ts';
import { layoutOf, sentinelTransientsOf } from './layout.ts';

export interface Sentinel {
  /** The file's text, without a byte order mark. */
  readonly text: string;
  readonly version: string;
}

/** Bytes that no text has. A crash leaves zeros and the like in place of text. */
// oxlint-disable-next-line no-control-regex
const noText = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;
const isPlain = /^[ -~]+$/;
const versionLine = /^version\s*=\s*(.*)$/i;

/**
 * Reads a sentinel's bytes. The version is the value of the first `version = …` line that has one, in quotes or not, else
 * the first line with anything in it. Undefined when the bytes are empty, over the limit or no text: then nothing is
 * downloaded.
 */
export function parseSentinel(bytes: Uint8Array): Sentinel | undefined {
  if (bytes.length > limits.sentinelBytes) return undefined;
  const { text, isCertain } = decodeText(bytes);
  if (noText.test(text) || Buffer.byteLength(text) > limits.sentinelBytes) return undefined;
  const lines = text.split(/[\r\n]+/).map((line) => line.trim());
  // What is only guessed to be letters is believed beside a version, not as one.
  const versionIn = (version: string): Sentinel | undefined =>
    isCertain || isPlain.test(version) ? { text, version } : undefined;
  let first: string | undefined;
  for (const line of lines) {
    const value = unquoted(versionLine.exec(line)?.[1]?.trim());
    if (value) return versionIn(value);
    if (line !== '' && value === undefined) first ??= unquoted(line);
  }
  return first ? versionIn(first) : undefined;
}

/** Editors on Windows write UTF-16 with a mark at its beginning, and old ones the PC's own letters. */
function decodeText(bytes: Uint8Array): { text: string; isCertain: boolean } {
  const decoded = (encoding: string, fatal: boolean): string => new TextDecoder(encoding, { fatal }).decode(bytes);
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { text: decoded('utf-16le', false), isCertain: true };
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { text: decoded('utf-16be', false), isCertain: true };
  try {
    return { text: decoded('utf-8', true), isCertain: true };
  } catch {
    return { text: decoded('windows-1252', false), isCertain: false };
  }
}

function unquoted(value: string | undefined): string | undefined {
  return /^"(.*)"$/.exec(value ?? '')?.[1]?.trim() ?? /^'(.*)'$/.exec(value ?? '')?.[1]?.trim() ?? value;
}

/** Reads a root's sentinel, of which the caller knows that it is a regular file. Undefined: nothing is downloaded. */
export async function readSentinel(fileSystem: FileSystem, root: string): Promise<Sentinel | undefined> {
  try {
    await using file = await fileSystem.openToRead(layoutOf(root).sentinel);
    // One byte over the limit tells a file that is too long without reading all of it.
    const buffer = Buffer.allocUnsafe(limits.sentinelBytes + 1);
    return parseSentinel(buffer.subarray(0, await file.read(buffer, 0)));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Takes the sentinel away before the payload is touched: from here on nothing here claims to be complete. */
export async function parkSentinel(fileSystem: FileSystem, root: string): Promise<void> {
  const { sentinel, sentinelParked } = layoutOf(root);
  try {
    await fileSystem.rename(sentinel, sentinelParked);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return;
  }
  await fileSystem.syncDirectory(root);
}

/** Writes the sentinel, the last step of a download; durable when it returns. */
export async function writeSentinel(fileSystem: FileSystem, root: string, text: string): Promise<void> {
  const { sentinel, sentinelTemporary, sentinelParked } = layoutOf(root);
  await writeFileAtomic(fileSystem, { path: sentinel, data: text }, { temporaryPath: sentinelTemporary });
  await deleteIfThere(fileSystem, sentinelParked);
}

/** Deletes what a download's sentinel may have left behind. */
export async function sweepSentinelTransients(fileSystem: FileSystem, root: string): Promise<void> {
  for (const path of sentinelTransientsOf(layoutOf(root))) await deleteIfThere(fileSystem, path);
}

async function deleteIfThere(fileSystem: FileSystem, path: string): Promise<void> {
  try {
    await fileSystem.deleteFile(path);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
