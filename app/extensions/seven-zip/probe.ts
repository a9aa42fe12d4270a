/** Detects the kind of a file by its first bytes and its name. Pure. */

/** Reaches the mark of an ISO image, in bytes. */
export const headBytes = 33 * 1024;

/** A single compressed stream holds one file; if that is a tar, the tar's files count. */
export type StreamFormat = 'gzip' | 'xz' | 'bzip2' | 'zstd';
export type Format = 'rar' | '7z' | 'zip' | 'tar' | 'iso' | StreamFormat;

interface Magic {
  format: Format;
  at: number;
  bytes: readonly number[];
}

const ascii = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));

const magics: readonly Magic[] = [
  { format: 'rar', at: 0, bytes: [...ascii('Rar!'), 0x1a, 0x07, 0x00] },
  { format: 'rar', at: 0, bytes: [...ascii('Rar!'), 0x1a, 0x07, 0x01, 0x00] },
  { format: '7z', at: 0, bytes: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c] },
  { format: 'zip', at: 0, bytes: [0x50, 0x4b, 0x03, 0x04] },
  { format: 'zip', at: 0, bytes: [0x50, 0x4b, 0x05, 0x06] },
  { format: 'gzip', at: 0, bytes: [0x1f, 0x8b, 0x08] },
  { format: 'xz', at: 0, bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
  { format: 'bzip2', at: 0, bytes: [0x42, 0x5a, 0x68] },
  { format: 'zstd', at: 0, bytes: [0x28, 0xb5, 0x2f, 0xfd] },
  { format: 'tar', at: 257, bytes: ascii('ustar') },
  { format: 'iso', at: 0x8001, bytes: ascii('CD001') },
];

/** `.eti` is the launcher's own ending for a payload archive of any format. */
const extensions: readonly (readonly [RegExp, Format | 'any'])[] = [
  [/\.eti$/i, 'any'],
  [/\.(?:rar|r\d\d)$/i, 'rar'],
  [/\.7z$/i, '7z'],
  [/\.zip$/i, 'zip'],
  [/\.tar$/i, 'tar'],
  [/\.(?:t?gz|taz)$/i, 'gzip'],
  [/\.t?xz$/i, 'xz'],
  [/\.(?:bz2|tbz2?)$/i, 'bzip2'],
  [/\.t?zst$/i, 'zstd'],
  [/\.iso$/i, 'iso'],
];

/**
 * Formats that games also use for their own data under other names (.pk3, .jar and .love are zip files). For these the magic
 * number alone does not make a file an archive to unpack.
 */
const usedInsideGames: ReadonlySet<Format> = new Set(['zip', 'tar', 'iso', 'gzip', 'xz', 'bzip2', 'zstd']);

/** The format by magic number, or undefined. A head that ends before the magic's place cannot show it. */
export function formatOf(head: Uint8Array): Format | undefined {
  return magics.find(({ at, bytes }) => bytes.every((byte, index) => head[at + index] === byte))?.format;
}

export function isStreamFormat(format: Format | undefined): format is StreamFormat {
  return format === 'gzip' || format === 'xz' || format === 'bzip2' || format === 'zstd';
}

/** Whether the first 512 bytes are a tar header. */
export function looksLikeTar(head: Uint8Array): boolean {
  return formatOf(head.subarray(0, 512)) === 'tar';
}

/**
 * 100: magic and name agree. 80: unmistakable magic. 60: the name alone (a damaged archive). 20: may be game data. 0: no
 * archive.
 */
export function probeScore(name: string, head: Uint8Array): number {
  const format = formatOf(head);
  // Of an archive in several parts, the first part is opened.
  const whole = name.replace(/\.0*1$/, '');
  if (whole !== name && format !== undefined) return 90;
  if (isSelfExtracting(name, head)) return 90;
  const named = extensions.find(([pattern]) => pattern.test(whole))?.[1];
  if (format !== undefined && (named === 'any' || named === format)) return 100;
  if (format !== undefined && named !== undefined) return 90;
  if (format !== undefined) return usedInsideGames.has(format) ? 20 : 80;
  return named === undefined ? 0 : 60;
}

/** A self-extracting program counts as an archive only if its name shows that it has further parts. */
function isSelfExtracting(name: string, head: Uint8Array): boolean {
  return /\.part0*1\.(?:exe|sfx)$/i.test(name) && head[0] === 0x4d && head[1] === 0x5a;
}
