/**
 * The fingerprint of a game folder, one text of three parts, cheapest first. `listing`: names and kinds at the top
 * level, and the sentinel. `top`: size, time and file number of the files at the top level. `payload`: the same for
 * every payload file, and the sentinel; if it is equal, the manifest is the same.
 */
import { blake3Hex } from '../base/index.ts';

export interface Fingerprint {
  readonly listing: string;
  readonly top: string;
  /** Starts with `!` when no manifest can describe the payload. */
  readonly payload: string;
}

const partLength = 32;
const unfit = '!';

/** A short digest of lines. */
export function digestOf(lines: Iterable<string>): string {
  return blake3Hex([...lines].join('\n')).slice(0, partLength);
}

export function payloadPart(digest: string, { isFit }: { isFit: boolean }): string {
  return isFit ? digest : unfit + digest;
}

export function isFit({ payload }: Fingerprint): boolean {
  return !payload.startsWith(unfit);
}

export function formatFingerprint({ listing, top, payload }: Fingerprint): string {
  return `${listing}.${top}.${payload}`;
}

/** Undefined for anything that `formatFingerprint` did not make. */
export function parseFingerprint(text: string): Fingerprint | undefined {
  const [listing, top, payload, ...rest] = text.split('.');
  if (!listing || !top || !payload || rest.length > 0) return undefined;
  return { listing, top, payload };
}
