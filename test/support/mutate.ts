/** Bytes that are nearly right: a sample, changed in a few places, by a seed. */
import type { SeededRandom } from './random.ts';

/** Pieces that parsers stumble over. */
const pieces = [
  '',
  '\0',
  '\u{feff}',
  '"',
  '\\',
  '\\u0000',
  '\\ud800',
  '../',
  '..\\',
  '/',
  'C:',
  'con',
  'version.ini',
  'local/',
  '.local.backup/',
  '{}',
  '[]',
  '[[[[[[[[',
  'null',
  'true',
  '-1',
  '0.5',
  '1e999',
  '9007199254740993',
  '4294967296',
  '"__proto__":{"x":1},',
  '"constructor":{},',
  ',',
  ':',
  '}',
  '\n',
  '\r',
  'é',
  'e\u0301',
  '😀',
].map((text) => Buffer.from(text));

const mostChanges = 6;
const mostInsertedBytes = 64;

/** One mutation of one of the samples. Never longer than the sample and a little. */
export function mutated(random: SeededRandom, samples: readonly Buffer[]): Buffer {
  let bytes: Buffer = Buffer.from(random.pick(samples));
  const most = random.below(2) === 0 ? 1 : mostChanges;
  for (let changes = 1 + random.below(most); changes > 0; changes -= 1) bytes = change(random, bytes, samples);
  return bytes;
}

function change(random: SeededRandom, bytes: Buffer, samples: readonly Buffer[]): Buffer {
  const at = random.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + random.below(16));
  switch (random.below(8)) {
    case 0: {
      if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
      return bytes;
    }
    case 1: {
      if (at < bytes.length) bytes[at] = random.below(256);
      return bytes;
    }
    case 2:
      return bytes.subarray(0, at);
    case 3:
      return splice(bytes, { at, end, insert: Buffer.alloc(0) });
    case 4:
      return splice(bytes, { at, end: at, insert: random.pick(pieces) });
    case 5:
      return splice(bytes, { at, end, insert: random.pick(pieces) });
    case 6: {
      const other = random.pick(samples);
      const from = random.below(other.length + 1);
      return splice(bytes, { at, end, insert: other.subarray(from, from + random.below(mostInsertedBytes)) });
    }
    default:
      return splice(bytes, { at, end: at, insert: bytes.subarray(at, end) });
  }
}

function splice(bytes: Buffer, { at, end, insert }: { at: number; end: number; insert: Buffer }): Buffer {
  return Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(end)]);
}
