import { ArchiveError, type Entry } from '../../extension-api/index.ts';

type Fields = ReadonlyMap<string, string>;

const fieldLine = /^([A-Z][A-Za-z0-9 ]*) =(?: (.*))?$/;
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
    // The tool writes control characters of names and comments as `_`; anything that is not a field is an attack or a tool we do not know.
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
  return fields.get('Folder') === '+' || type === 'd' || attributes.includes('D') ? 'directory' : 'file';
}

/** A leading `./` is how tar writes; the rest is left for the host to judge. */
function plainPath(path: string, platform: NodeJS.Platform): string {
  return slashed(path, platform)
    .replace(/^(?:\.\/)+/, '')
    .replace(/(?<=[^/])\/$/, '');
}

function slashed(path: string, platform: NodeJS.Platform): string {
  return platform === 'win32' ? path.replaceAll('\\', '/') : path;
}

/** Tar's newer form of files with holes, which 7-Zip takes for ordinary ones: their content would come out wrong. */
const sparsePath = /(?:^|\/)GNUSparseFile\.\d+\//;

/** An entry, and what the host has no use for. */
export interface ListedEntry extends Entry {
  /** Its path as 7-Zip takes it; of links. */
  readonly toolPath?: string;
  /** Of a link that the listing names no target of: it is the content, and this long. */
  readonly targetBytes?: number;
}

function linkFacts(fields: Fields, kind: Entry['kind']): Omit<ListedEntry, keyof Entry> & Pick<Entry, 'target'> {
  if (kind !== 'symlink' && kind !== 'hardlink') return {};
  const target = fields.get('Symbolic Link') || fields.get('Hard Link');
  const targetBytes = target ? undefined : parseSize(fields, 'Size');
  return {
    toolPath: fields.get('Path') ?? '',
    ...(target && { target }),
    ...(targetBytes !== undefined && { targetBytes }),
  };
}

function toEntry(fields: Fields, platform: NodeJS.Platform): ListedEntry | undefined {
  const path = fields.get('Path');
  if (path === undefined) throw corrupt('an entry has no path');
  if (sparsePath.test(path))
    throw Object.assign(
      new Error(`7-Zip cannot unpack files with holes such as ${JSON.stringify(path.slice(0, 120))}`),
      {
        code: 'UNPACKER_FAILED',
      },
    );
  const kind = kindOf(fields);
  if (path === '.' && kind === 'directory') return undefined;
  const sizeBytes = parseSize(fields, 'Size');
  if (sizeBytes === undefined && kind === 'file') throw corrupt(`${JSON.stringify(path.slice(0, 120))} has no size`);
  const packedBytes = parseSize(fields, 'Packed Size');
  return {
    path: plainPath(path, platform),
    sizeBytes: kind === 'file' ? (sizeBytes ?? 0) : 0,
    kind,
    executable: kind === 'file' && unixMode(fields).charAt(3) === 'x',
    encrypted: fields.get('Encrypted') === '+',
    ...linkFacts(fields, kind),
    ...(packedBytes !== undefined && { packedBytes }),
  };
}

/**
 * Reads what `7zz l -slt -ba` prints, piece by piece. Strict: whatever is not understood is `ARCHIVE_CORRUPT`, so that an
 * entry can never hide in it.
 */
export class ListingParser {
  readonly #platform: NodeJS.Platform;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  readonly #entries: ListedEntry[] = [];
  readonly #starts = new Set<ListedEntry>();
  #rest = '';
  #block = '';
  /** A path is not what 7-Zip calls it, so it cannot be asked for by it. */
  #isRenamed = false;

  constructor(platform: NodeJS.Platform = process.platform) {
    this.#platform = platform;
  }

  push(piece: Uint8Array): void {
    this.#take(this.#decode(piece, true), false);
  }

  /** The entries, in the archive's order. */
  finish(): ListedEntry[] {
    this.#take(this.#decode(new Uint8Array(0), false), true);
    if (this.#isRenamed) return this.#entries;
    return this.#entries.map((entry) => (this.#starts.has(entry) ? { ...entry, startsBlock: true } : entry));
  }

  #decode(piece: Uint8Array, stream: boolean): string {
    try {
      return this.#decoder.decode(piece, { stream });
    } catch (cause) {
      throw corrupt('it has names that are not Unicode', { cause });
    }
  }

  #take(text: string, isEnd: boolean): void {
    // A carriage return at the very end of a piece waits for its line feed.
    const all = this.#rest + text;
    const held = !isEnd && all.endsWith('\r') ? '\r' : '';
    const blocks = all
      .slice(0, all.length - held.length)
      .replaceAll('\r\n', '\n')
      .split('\n\n');
    this.#rest = isEnd ? '' : (blocks.pop() ?? '') + held;
    if (this.#rest.length > maxBlockLength) throw corrupt('an entry has no end');
    for (const block of blocks) {
      const lines = block.replace(/^\n+|\n+$/g, '');
      if (lines === '') continue;
      const fields = parseFields(lines);
      const entry = toEntry(fields, this.#platform);
      if (!entry) continue;
      this.#isRenamed ||= entry.path !== slashed(fields.get('Path') ?? '', this.#platform);
      if (entry.kind === 'file' && this.#startsBlock(fields)) this.#starts.add(entry);
      this.#entries.push(entry);
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
    if (block === '' || block === this.#block) return false;
    this.#block = block;
    return true;
  }
}

export function parseListing(output: Uint8Array, platform?: NodeJS.Platform): ListedEntry[] {
  const parser = new ListingParser(platform);
  parser.push(output);
  return parser.finish();
}
