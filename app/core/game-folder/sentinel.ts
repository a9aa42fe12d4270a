import { isNotFound, type FileSystem } from '../base/index.ts';
import { limits } from '../protocol/index.ts';
import { layoutOf } from './layout.ts';

export interface Sentinel {
  /** The file's text, without a byte order mark. */
  readonly text: string;
  readonly version: string;
}

/** What a crash leaves in place of text: zeros, or other bytes that no text has. */
// oxlint-disable-next-line no-control-regex
const noText = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;
const versionLine = /^version\s*=\s*(.*)$/i;

/**
 * Reads a sentinel's bytes. The version is the value of the first `version = …` line that has one, else the first line
 * with anything in it. Undefined when the bytes are empty, over the limit, not UTF-8 or no text: then nothing is
 * downloaded.
 */
export function parseSentinel(bytes: Uint8Array): Sentinel | undefined {
  if (bytes.length > limits.sentinelBytes) return undefined;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
  if (noText.test(text)) return undefined;
  const lines = text.split(/[\r\n]+/).map((line) => line.trim());
  let first: string | undefined;
  for (const line of lines) {
    const value = versionLine.exec(line)?.[1]?.trim();
    if (value) return { text, version: value };
    if (line !== '' && value === undefined) first ??= line;
  }
  return first === undefined ? undefined : { text, version: first };
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
