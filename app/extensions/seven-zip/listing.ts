import { ArchiveError, type Entry } from '../../extension-api/index.ts';
import { decodeNames, type NameOrigin } from './names.ts';

/** One character a byte: most fields are of no interest, and need not be in any encoding. */
type Fields = ReadonlyMap<string, string>;

const fieldLine = /^([A-Za-z][A-Za-z0-9 ]*) =(?: ([^\n]*))?$/;
const wholeNumber = /^\d{1,15}$/;

/** What separates two entries is an empty line; one entry's lines are never longer. */
const maxBlockLength = 1_000_000;

function corrupt(message: string, options?: ErrorOptions): ArchiveError {
  return new ArchiveError('ARCHIVE_CORRUPT', `The archive's listing makes no sense: ${message}.`, options);
}

function parseFields(block: string): Fields {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const match = fieldLine.exec(line);
    // The tool writes line feeds of names and comments as `_`; anything that is not a field is an attack or a tool we do not know.
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

/** The mode of what the host would make itself: its owner may read and write it, and nobody becomes another user by it. */
function isPlainMode(fields: Fields): boolean {
  const mode = unixMode(fields);
  if (mode === '') return !windowsAttributes(fields).includes('R');
  return /^.rw[-x][-rwx]{6}$/.test(mode);
}

/** The Unix mode (`-rwxr-xr-x`) if the entry has one: tar gives it alone, others behind the Windows attributes. */
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
  // Windows packers end the name of a folder in a backslash, which elsewhere is a letter to 7-Zip.
  const isNamedFolder = (fields.get('Path') ?? '').endsWith('\\') && fields.get('Size') === '0';
  const isFolder = fields.get('Folder') === '+' || type === 'd' || attributes.includes('D') || isNamedFolder;
  return isFolder ? 'directory' : 'file';
}

/** What 7-Zip itself leaves out when it unpacks; the rest is left for the host to judge. */
function toolPath(path: string): string {
  return path.replace(/^(?:\.[/])+/, '').replace(/(?<=[^/])\/$/, '');
}

/** Those that some system cannot store, or that would make one name look like another. */
// oxlint-disable-next-line no-control-regex
const controlCharacter = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
/** What 7-Zip on Windows puts in the place of a backslash that is part of a name. */
const privateBackslash = /\uf05c/g;

/**
 * A backslash separates folders: on Windows it can mean nothing else, and Windows packers write it. Folders without a
 * name, and those called `.`, are no folders.
 */
function plainPath(path: string): string {
  return toolPath(path.replaceAll(privateBackslash, '/').replaceAll('\\', '/').replaceAll(controlCharacter, '_'))
    .replaceAll(/(?<=[^/])\/{2,}/g, '/')
    .replaceAll(/\/(?:\.\/)+/g, '/');
}

/** Tar's newer form of files with holes, which 7-Zip takes for ordinary ones: their content would come out wrong. */
const sparsePath = /(?:^|\/)GNUSparseFile\.\d+\//;

/** An entry, and what the host has no use for. */
export interface ListedEntry extends Entry {
  /** Its path as 7-Zip takes it; of links. */
  readonly toolPath?: string;
  /** Of a link that the listing names no target of: it is the content, and this long. */
  readonly targetBytes?: number;
  /** 7-Zip would write it under another name than `path`, or with a mode that makes trouble. */
  readonly isForHost?: boolean;
  /** The listing does not say how long it is. */
  readonly isUnmeasured?: boolean;
}

/** An entry as it was read, its names not decoded yet. */
interface RawEntry {
  readonly path: string;
  readonly target: string | undefined;
  readonly isDos: boolean;
  readonly startsBlock: boolean;
  readonly facts: Omit<ListedEntry, 'path' | 'target'>;
}

function toRawEntry(fields: Fields, startsBlock: boolean): RawEntry | undefined {
  const path = fields.get('Path') ?? '';
  // 7-Zip shows the number of a method that it has no name for.
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
 * Reads what `7zz l -slt -ba` prints, piece by piece. Strict: whatever is not understood is `ARCHIVE_CORRUPT`, so that an
 * entry can never hide in it.
 */
export class ListingParser {
  readonly #platform: NodeJS.Platform;
  readonly #lineEnd: RegExp;
  readonly #entries: RawEntry[] = [];
  #rest = '';
  #block = '';

  constructor(platform: NodeJS.Platform = process.platform) {
    this.#platform = platform;
    // Elsewhere a carriage return is the last letter of a name.
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
    // A carriage return at the very end of a piece waits for its line feed.
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
   * RAR tells of each file whether it goes on with what was before, 7z which block it is in, zip where in the archive it
   * is, which says that it stands alone; others tell nothing.
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
  // A path that 7-Zip calls otherwise cannot be asked for by it.
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
