import { isNotFound, writeFileAtomic, type FileSystem } from '../base/index.ts';
import { limits } from '../protocol/index.ts';
import { layoutOf, sentinelTransientsOf } from './layout.ts';

export interface Sentinel {
  /** The file's text, without the byte order mark. */
  readonly text: string;
  readonly version: string;
}

/** Bytes that no text contains. A crash leaves zeros and similar bytes in place of text. */
// oxlint-disable-next-line no-control-regex
const noText = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;
const isPlain = /^[ -~]+$/;
const versionLine = /^version\s*=\s*(.*)$/i;

/**
 * Reads a sentinel's bytes. The version is the value of the first `version = …` line that has one, with or without quotes, or
 * else the first line that is not empty. Undefined when the bytes are empty, over the limit or no text; the game then counts
 * as not downloaded.
 */
export function parseSentinel(bytes: Uint8Array): Sentinel | undefined {
  if (bytes.length > limits.sentinelBytes) return undefined;
  const { text, isCertain } = decodeText(bytes);
  if (noText.test(text) || Buffer.byteLength(text) > limits.sentinelBytes) return undefined;
  const lines = text.split(/[\r\n]+/).map((line) => line.trim());
  // Text in a guessed encoding is accepted beside the version, but not in it.
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

/** Editors on Windows write UTF-16 with a byte order mark, and old ones write the PC's own code page. */
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

/** Reads the sentinel of a game folder; the caller knows that it is a regular file. Undefined: the game is not downloaded. */
export async function readSentinel(fileSystem: FileSystem, root: string): Promise<Sentinel | undefined> {
  try {
    await using file = await fileSystem.openToRead(layoutOf(root).sentinel);
    // One byte over the limit shows that a file is too long, without reading all of it.
    const buffer = Buffer.allocUnsafe(limits.sentinelBytes + 1);
    return parseSentinel(buffer.subarray(0, await file.read(buffer, 0)));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Parks the sentinel before the payload is changed. From here on, nothing claims that the payload is complete. */
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

/** Writes the sentinel as the last step of a download; durable when this returns. */
export async function writeSentinel(fileSystem: FileSystem, root: string, text: string): Promise<void> {
  const { sentinel, sentinelTemporary, sentinelParked } = layoutOf(root);
  await writeFileAtomic(fileSystem, { path: sentinel, data: text }, { temporaryPath: sentinelTemporary });
  await deleteIfThere(fileSystem, sentinelParked);
}

/** Deletes the temporary files of a download's sentinel. */
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
