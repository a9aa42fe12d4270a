/** Text of others that is shown to people: in lists, logs and terminals. */
import { limits } from './limits.ts';

/** Controls (terminal escapes among them), marks that turn the writing direction, and characters of no width. */
const unfit = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;

/** Without what does not print, on one line, at most `maxBytes` of UTF-8. */
export function shownText(text: string, maxBytes: number = limits.textLength): string {
  return cutText(text.replaceAll(unfit, '').trim(), maxBytes);
}

/** A PC's name, fit for a list and a log. */
export function cleanName(name: string, maxBytes: number = limits.nameBytes): string {
  return shownText(name, maxBytes);
}

/** Cuts to `maxBytes` of UTF-8 without tearing a character apart. */
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
