/** Text from other PCs that people see: in lists, logs and terminals. */
import { limits } from './limits.ts';

/** Control characters (including terminal escapes), marks that change the writing direction, and characters without width. */
const unfit = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;

/** The text without characters that do not print, on one line, at most `maxBytes` of UTF-8. */
export function shownText(text: string, maxBytes: number = limits.textLength): string {
  return cutText(text.replaceAll(unfit, '').trim(), maxBytes);
}

/** A PC's name, safe for a list and a log. */
export function cleanName(name: string, maxBytes: number = limits.nameBytes): string {
  return shownText(name, maxBytes);
}

/** Cuts to `maxBytes` of UTF-8 without splitting a character. */
function cutText(text: string, maxBytes: number): string {
  let cut = '';
  let sizeBytes = 0;
  for (const character of text) {
    sizeBytes += Buffer.byteLength(character);
    if (sizeBytes > maxBytes) break;
    cut += character;
  }
  return cut;
}
