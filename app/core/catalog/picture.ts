/**
 * What a cover is, by its bytes alone. A picture of two megabytes may unpack to gigabytes in whoever shows it, so its
 * measures are read from its header and bounded too. Pure.
 */

export const pictureLimits = {
  /** Of width and of height, in pixels. */
  side: 4_096,
} as const;

type PictureKind = 'png' | 'jpg' | 'webp' | 'avif' | 'svg';

type PictureVerdict =
  | { readonly kind: PictureKind }
  /** Why it is no cover, in words. */
  | { readonly reason: string };

interface Size {
  readonly width: number;
  readonly height: number;
}

interface Format {
  readonly kind: PictureKind;
  isIt(bytes: Buffer): boolean;
  /** Undefined: the header is cut off or none. May read beyond the end. */
  sizeOf(bytes: Buffer): Size | undefined;
}

/** Measures of a vector picture say nothing about the memory it takes. */
const scalable: Size = { width: 1, height: 1 };
const tag = (bytes: Buffer, from: number): string => bytes.toString('latin1', from, from + 4);

const formats: readonly Format[] = [
  {
    kind: 'png',
    isIt: (bytes) => bytes.subarray(0, 8).toString('hex') === '89504e470d0a1a0a',
    sizeOf: (bytes) =>
      tag(bytes, 12) === 'IHDR' ? { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) } : undefined,
  },
  { kind: 'jpg', isIt: (bytes) => bytes.subarray(0, 3).toString('hex') === 'ffd8ff', sizeOf: sizeOfJpeg },
  { kind: 'webp', isIt: (bytes) => tag(bytes, 0) === 'RIFF' && tag(bytes, 8) === 'WEBP', sizeOf: sizeOfWebp },
  {
    kind: 'avif',
    isIt: (bytes) => tag(bytes, 4) === 'ftyp' && ['avif', 'avis'].includes(tag(bytes, 8)),
    sizeOf: sizeOfAvif,
  },
  {
    kind: 'svg',
    isIt: (bytes) => /^\uFEFF?\s*(?:<\?xml|<!--|<svg[\s>])/.test(bytes.toString('utf8', 0, 256)),
    sizeOf: () => scalable,
  },
];

/** Tells what bytes are, whatever their file is called; or why they may not be a cover. */
export function judgePicture(bytes: Buffer): PictureVerdict {
  const format = formats.find(({ isIt }) => isIt(bytes));
  if (!format) return { reason: 'is not a picture (PNG, JPEG, WebP, AVIF or SVG)' };
  const { kind } = format;
  const size = readSize(format, bytes);
  if (!size || size.width === 0 || size.height === 0) return { reason: `is a damaged ${kind} picture` };
  const { side } = pictureLimits;
  if (size.width > side || size.height > side)
    return { reason: `is ${size.width} × ${size.height} pixels; at most ${side} × ${side} are taken` };
  const active = kind === 'svg' ? whyActiveSvg(bytes.toString('utf8')) : undefined;
  return active === undefined ? { kind } : { reason: active };
}

function readSize({ sizeOf }: Format, bytes: Buffer): Size | undefined {
  try {
    return sizeOf(bytes);
  } catch (error) {
    // The header ends before its measures.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The frame header's, behind any number of other segments. */
function sizeOfJpeg(bytes: Buffer): Size | undefined {
  for (let at = 2; ; ) {
    if (bytes.readUInt8(at) !== 0xff) return undefined;
    const marker = bytes.readUInt8(at + 1);
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
    const length = bytes.readUInt16BE(at + 2);
    if (length < 2) return undefined;
    at += 2 + length;
  }
}

function sizeOfWebp(bytes: Buffer): Size | undefined {
  const chunk = tag(bytes, 12);
  if (chunk === 'VP8X') return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
  if (chunk === 'VP8L') {
    const bits = bytes.readUInt32LE(21);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (chunk !== 'VP8 ') return undefined;
  return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
}

/** The largest of all its images: the boxes that tell lie within the first kilobytes, before the pixels. */
function sizeOfAvif(bytes: Buffer): Size | undefined {
  const head = bytes.subarray(0, 64 * 1024);
  let largest: Size | undefined;
  for (let at = head.indexOf('ispe'); at >= 0; at = head.indexOf('ispe', at + 4)) {
    const size = { width: bytes.readUInt32BE(at + 8), height: bytes.readUInt32BE(at + 12) };
    const { width = 0, height = 0 } = largest ?? {};
    largest = { width: Math.max(width, size.width), height: Math.max(height, size.height) };
  }
  return largest;
}

const elements = new Set(
  (
    'svg g defs title desc path rect circle ellipse line polyline polygon text tspan linearGradient radialGradient stop ' +
    'clipPath mask pattern use symbol marker filter feBlend feColorMatrix feComposite feFlood feGaussianBlur feMerge ' +
    'feMergeNode feOffset feTurbulence'
  ).split(' '),
);
/** Elements one in another or side by side; a picture with more is work to show. */
const maxElements = 20_000;

const opening = /^<([A-Za-z][A-Za-z0-9]*)((?:\s+[A-Za-z_][\w.:-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*\/?>/;
const attribute = /([A-Za-z_][\w.:-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/g;
const closing = /^<\/([A-Za-z][A-Za-z0-9]*)\s*>/;
const comment = /^<!--(?:(?!--)[^])*-->/;
const declaration = /^\uFEFF?\s*<\?xml(?:\s[^?<>]*)?\?>/;
/** References may spell any text, so only those that XML itself brings are allowed. */
const reference = /&(?!(?:amp|lt|gt|quot|apos);)/;

/** Why it is not taken, in words; undefined when it is a mere picture. */
function whyActiveSvg(text: string): string | undefined {
  let rest = text.replace(declaration, '').replace(/^\uFEFF/, '');
  let count = 0;
  while (rest !== '') {
    const open = rest.indexOf('<');
    const words = open < 0 ? rest : rest.slice(0, open);
    if (reference.test(words)) return 'contains an entity';
    if (open < 0) return undefined;
    rest = rest.slice(open);
    const tag = opening.exec(rest);
    const other = tag ? undefined : (closing.exec(rest) ?? comment.exec(rest));
    if (!tag && !other) return 'is not plain SVG';
    if (tag) {
      count += 1;
      if (count > maxElements) return `has over ${maxElements} elements`;
      const reason = whyActiveElement(tag[1] ?? '', tag[2] ?? '');
      if (reason !== undefined) return reason;
    }
    rest = rest.slice((tag ?? other)?.[0].length);
  }
  return undefined;
}

function whyActiveElement(name: string, attributes: string): string | undefined {
  if (!elements.has(name)) return `contains <${name}>, which is no part of a mere picture`;
  for (const [, key = '', double, single] of attributes.matchAll(attribute)) {
    const value = double ?? single ?? '';
    if (reference.test(value)) return 'contains an entity';
    if (key.toLowerCase().startsWith('on')) return `contains a script (${key})`;
    if (key === 'xmlns' || key.startsWith('xmlns:')) continue;
    if (/(?:^|:)href$/i.test(key) && !value.trim().startsWith('#')) return 'contains a link to elsewhere';
    if (/url\(\s*(?!["']?\s*#)/i.test(value) || /(?:javascript|data|https?):|\\|@import|expression/i.test(value))
      return 'contains a link to elsewhere';
  }
  return undefined;
}
