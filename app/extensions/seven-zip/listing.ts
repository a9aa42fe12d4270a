import { ArchiveError, type Entry } from '../../extension-api/index.ts';
import { decodeNames, type NameOrigin } from './names.ts';

/** One character per byte, because most fields are not needed and may have any encoding. */
type Fields = ReadonlyMap<string, string>;

const fieldLine = /^([A-Za-z][A-Za-z0-9 ]*) =(?: ([^\n]*))?$/;
const wholeNumber = /^\d{1,15}$/;

/** An empty line separates two entries; the lines of one entry are never longer than this. */
const maxBlockLength = 1_000_000;

function corrupt(message: string, options?: ErrorOptions): ArchiveError {
  return new ArchiveError('ARCHIVE_CORRUPT', `The archive's listing makes no sense: ${message}.`, options);
}

function parseFields(block: string): Fields {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const match = fieldLine.exec(line);
    // 7-Zip writes line feeds in names and comments as `_`. A line that is not a field means an attack or an unknown tool.
    if (!match?.[1]) throw corrupt(`unexpected line ${JSON.stringify(line.slice(0, 120))}`);
    if (fields.has(match[1])) throw corrupt(`${match[1]} is given twice`);
    fields.set(match[1], match[2] ?? '');
  }
  return fields;
}

function parseSize(fields: Fields, name: string): number | undefined {
  const text = fields.get(name);
  if (text === undefined || text === '') return undefined;
  if (!wholeNumber.test(text)) throw corrupt(`${name} is ${JSON.stringify(text.slice(0, 40))}`);
  return Number(text);
}

/** Whether the mode is one that the host would set: the owner may read and write the file, and it changes no user id. */
function isPlainMode(fields: Fields): boolean {
  const mode = unixMode(fields);
  if (mode === '') return !windowsAttributes(fields).includes('R');
  return /^.rw[-x][-rwx]{6}$/.test(mode);
}

/** The Unix mode (`-rwxr-xr-x`) if the entry has one: tar gives it alone, other formats after the Windows attributes. */
function unixMode(fields: Fields): string {
  const words = (fields.get('Mode') ?? fields.get('Attributes') ?? '').split(' ');
  return words.find((word) => /^[-0-9a-z][-rwxsStT]{9}$/.test(word)) ?? '';
}

function windowsAttributes(fields: Fields): string {
  const first = (fields.get('Attributes') ?? '').split(' ')[0] ?? '';
  return /^[A-Z]*$/.test(first) ? first : '';
}

function kindOf(fields: Fields): Entry['kind'] {
  const type = unixMode(fields).charAt(0);
  const attributes = windowsAttributes(fields);
  if (fields.get('Symbolic Link') || type === 'l' || attributes.includes('L')) return 'symlink';
  if (fields.get('Hard Link')) return 'hardlink';
  if (fields.get('Anti') === '+' || fields.get('Alternate Stream') === '+' || 'bcps'.includes(type || '?'))
    return 'other';
  // Windows packers end the name of a folder with a backslash, which 7-Zip treats as a letter on other systems.
  const isNamedFolder = (fields.get('Path') ?? '').endsWith('\\') && fields.get('Size') === '0';
  const isFolder = fields.get('Folder') === '+' || type === 'd' || attributes.includes('D') || isNamedFolder;
  return isFolder ? 'directory' : 'file';
}

/** Removes the parts that 7-Zip itself removes when it unpacks; the host checks the rest. */
function toolPath(path: string): string {
  return path.replace(/^(?:\.[/])+/, '').replace(/(?<=[^/])\/$/, '');
}

/** Characters that some system cannot store, or that make one name look like another. */
// oxlint-disable-next-line no-control-regex
const controlCharacter = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
/** 7-Zip on Windows writes this in place of a backslash in a name. */
const privateBackslash = /\uf05c/g;

/**
 * A backslash separates folders: it can mean nothing else on Windows, and Windows packers write it. Folders with an empty
 * name or the name `.` are dropped.
 */
function plainPath(path: string): string {
  return toolPath(path.replaceAll(privateBackslash, '/').replaceAll('\\', '/').replaceAll(controlCharacter, '_'))
    .replaceAll(/(?<=[^/])\/{2,}/g, '/')
    .replaceAll(/\/(?:\.\/)+/g, '/');
}

/** Tar's newer form of sparse files. 7-Zip treats them as ordinary files and would unpack wrong content. */
const sparsePath = /(?:^|\/)GNUSparseFile\.\d+\//;

/** An entry, with additional facts that the host does not use. */
export interface ListedEntry extends Entry {
  /** For links: the path as 7-Zip expects it. */
  readonly toolPath?: string;
  /** For a link without a target in the listing: the length of its content, which is the target. */
  readonly targetBytes?: number;
  /** 7-Zip would write it under another name than `path`, or with a mode that causes trouble. */
  readonly isForHost?: boolean;
  /** The listing does not give its length. */
  readonly isUnmeasured?: boolean;
}

/** A raw entry; its names are not decoded yet. */
interface RawEntry {
  readonly path: string;
  readonly target: string | undefined;
  readonly isDos: boolean;
  readonly startsBlock: boolean;
  readonly facts: Omit<ListedEntry, 'path' | 'target'>;
}

function toRawEntry(fields: Fields, startsBlock: boolean): RawEntry | undefined {
  const path = fields.get('Path') ?? '';
  // 7-Zip shows a number for a method that it does not know.
  if (/(?:^| )(?:[0-9A-F]{2}){3,}(?:$|[ :])/.test(fields.get('Method') ?? ''))
    throw new ArchiveError(
      'ARCHIVE_UNSUPPORTED',
      `${JSON.stringify(path.slice(0, 120))} is packed by an unknown method.`,
    );
  if (sparsePath.test(path))
    throw Object.assign(
      new Error(`7-Zip cannot unpack files with holes such as ${JSON.stringify(path.slice(0, 120))}`),
      {
        code: 'UNPACKER_FAILED',
      },
    );
  const kind = kindOf(fields);
  if (kind === 'directory' && /^(?:\.?\/?)$/.test(path)) return undefined;
  const sizeBytes = parseSize(fields, 'Size');
  const packedBytes = parseSize(fields, 'Packed Size');
  const isLink = kind === 'symlink' || kind === 'hardlink';
  const target = isLink ? fields.get('Symbolic Link') || fields.get('Hard Link') : undefined;
  const targetBytes = isLink && !target ? parseSize(fields, 'Size') : undefined;
  return {
    path,
    target,
    isDos: !/^(?:Unix|Darwin|macOS|OS X)/i.test(fields.get('Host OS') ?? (fields.has('Mode') ? 'Unix' : '')),
    startsBlock: kind === 'file' && startsBlock,
    facts: {
      sizeBytes: kind === 'file' ? (sizeBytes ?? 0) : 0,
      kind,
      executable: kind === 'file' && /^.{3}[xs]/.test(unixMode(fields)),
      encrypted: fields.get('Encrypted') === '+',
      ...(packedBytes !== undefined && { packedBytes }),
      ...(targetBytes !== undefined && { targetBytes }),
      ...(kind === 'file' && sizeBytes === undefined && { isUnmeasured: true }),
      ...(!isLink && !isPlainMode(fields) && { isForHost: true }),
    },
  };
}

/**
 * Parses the output of `7zz l -slt -ba`, piece by piece. Strict: an unknown line is `ARCHIVE_CORRUPT`, so that no entry can
 * hide in it.
 */
export class ListingParser {
  readonly #platform: NodeJS.Platform;
  readonly #lineEnd: RegExp;
  readonly #entries: RawEntry[] = [];
  #rest = '';
  #block = '';

  constructor(platform: NodeJS.Platform = process.platform) {
    this.#platform = platform;
    // On other systems a carriage return belongs to the name.
    this.#lineEnd = platform === 'win32' ? /\r\n/g : /\n/g;
  }

  push(piece: Uint8Array): void {
    this.#take(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString('latin1'), false);
  }

  /** The entries, in the archive's order. */
  finish(): ListedEntry[] {
    this.#take('', true);
    return finishEntries(this.#entries, this.#platform);
  }

  #take(text: string, isEnd: boolean): void {
    // Holds back a carriage return at the very end of a piece until its line feed arrives.
    const all = this.#rest + text;
    const held = !isEnd && all.endsWith('\r') ? '\r' : '';
    const blocks = all
      .slice(0, all.length - held.length)
      .replaceAll(this.#lineEnd, '\n')
      .split('\n\n');
    this.#rest = isEnd ? '' : (blocks.pop() ?? '') + held;
    if (this.#rest.length > maxBlockLength) throw corrupt('an entry has no end');
    for (const block of blocks) {
      const lines = block.replace(/^\n+|\n+$/g, '');
      if (lines === '') continue;
      const fields = parseFields(lines);
      const entry = toRawEntry(fields, this.#startsBlock(fields));
      if (entry) this.#entries.push(entry);
    }
  }

  /**
   * Whether a file begins a block that unpacks by itself. RAR says whether a file continues the data before it. 7z names the
   * file's block. Zip gives an offset, which means that the file is independent. Other formats say nothing.
   */
  #startsBlock(fields: Fields): boolean {
    const block = fields.get('Block');
    const solid = fields.get('Solid');
    if (block === undefined) return solid === undefined ? fields.has('Offset') : solid === '-';
    if (block === '' || block === this.#block || kindOf(fields) !== 'file') return false;
    this.#block = block;
    return true;
  }
}

function finishEntries(raw: readonly RawEntry[], platform: NodeJS.Platform): ListedEntry[] {
  const origin: NameOrigin = raw.every(({ isDos }) => isDos) ? 'dos' : 'unix';
  const paths = decodeNames(
    raw.map(({ path }) => path),
    origin,
  );
  const targets = decodeNames(
    raw.map(({ target = '' }) => target),
    origin,
  );
  const slashed = (path: string): string => (platform === 'win32' ? path.replaceAll('\\', '/') : path);
  // If 7-Zip uses another path for an entry, the entry cannot be requested by its path.
  let canBeAsked = true;
  const entries = raw.map(({ target, facts }, index): ListedEntry => {
    const { text = '', isUnicode = true } = paths[index] ?? {};
    const path = plainPath(text);
    const asListed = slashed(text);
    canBeAsked &&= isUnicode && path === asListed;
    const isLink = facts.kind === 'symlink' || facts.kind === 'hardlink';
    return {
      ...facts,
      path,
      ...(isLink && { toolPath: text }),
      ...(target !== undefined && { target: targets[index]?.text ?? '' }),
      ...((!isUnicode || path !== toolPath(asListed)) && { isForHost: true }),
    };
  });
  if (!canBeAsked) return entries;
  return entries.map((entry, index) => (raw[index]?.startsBlock ? { ...entry, startsBlock: true } : entry));
}

export function parseListing(output: Uint8Array, platform?: NodeJS.Platform): ListedEntry[] {
  const parser = new ListingParser(platform);
  parser.push(output);
  return parser.finish();
}
