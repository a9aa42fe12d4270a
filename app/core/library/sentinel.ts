import { limits } from '../protocol/index.ts';

/**
 * The version a sentinel's text names: the value of a `version = …` line, else the first line with anything in it.
 * Undefined when the text is empty, too long or no text.
 */
export function versionOfSentinel(bytes: Uint8Array): string | undefined {
  if (bytes.length > limits.sentinelBytes) return undefined;
  const text = sentinelText(bytes);
  if (text === undefined) return undefined;
  const lines = text
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  for (const line of lines) {
    const value = /^version\s*=\s*(.*)$/i.exec(line)?.[1]?.trim();
    if (value) return value;
  }
  return lines[0];
}

/** A sentinel's bytes as text, without a byte order mark; undefined when they are not UTF-8. */
export function sentinelText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
