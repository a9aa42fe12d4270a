/** Decodes names of entries, which may be in an old encoding. Pure. */
import chardet from 'chardet';
import iconv from 'iconv-lite';

/** The kind of system that made the archive; it decides the encoding of the names. */
export type NameOrigin = 'dos' | 'unix';

/** Below this confidence a guess at an Asian encoding is worse than none. */
const leastConfidence = 50;
const maxSampleBytes = 64 * 1024;
const asian: ReadonlySet<string> = new Set(['Shift_JIS', 'GB18030', 'Big5', 'EUC-KR', 'EUC-JP']);

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const isAscii = (raw: string): boolean => !/[\u0080-\u00ff]/.test(raw);

export interface DecodedName {
  readonly text: string;
  /** The name is UTF-8 in the archive, so 7-Zip accepts it unchanged. */
  readonly isUnicode: boolean;
}

/** `raw` has one character per byte. */
export function decodeNames(raw: readonly string[], origin: NameOrigin): DecodedName[] {
  const unicode = raw.map(asUnicode);
  const others = raw.filter((_, index) => unicode[index] === undefined);
  const encoding = others.length > 0 ? encodingOf(others, origin) : '';
  return raw.map((name, index) => {
    const text = unicode[index];
    return text === undefined
      ? { text: iconv.decode(Buffer.from(name, 'latin1'), encoding), isUnicode: false }
      : { text, isUnicode: true };
  });
}

function asUnicode(raw: string): string | undefined {
  if (isAscii(raw)) return raw;
  try {
    return utf8.decode(Buffer.from(raw, 'latin1'));
  } catch {
    return undefined;
  }
}

/** One archive has one encoding. Names are too short to tell Western encodings apart, so the origin decides. */
function encodingOf(raw: readonly string[], origin: NameOrigin): string {
  const sample = Buffer.from(raw.join('\n').slice(0, maxSampleBytes), 'latin1');
  const [best] = chardet.analyse(sample);
  if (best && asian.has(best.name) && best.confidence >= leastConfidence) return best.name;
  if (origin === 'unix' && !iconv.decode(sample, 'windows-1252').includes('\ufffd')) return 'windows-1252';
  return isMostlyCyrillic(iconv.decode(sample, 'cp866')) ? 'cp866' : 'cp437';
}

function isMostlyCyrillic(text: string): boolean {
  const count = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
  return count(/[А-яЁё]/g) > count(/[A-Za-z]/g);
}
