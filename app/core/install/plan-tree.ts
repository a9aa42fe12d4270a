/**
 * Builds one tree from several archives and loose files, as Windows would: names that differ only by case are one name,
 * spelled as in the first entry, and later entries replace earlier ones. Pure.
 */
import {
  LanspreadError,
  leadsOutside,
  ownNames,
  parsePath,
  pathFault,
  pathFaults,
  quoted,
  sameNameKey,
  type PathFault,
  type SafePath,
} from '../base/index.ts';
import type { ArchiveEntry } from '../content/index.ts';

/** An entry of an archive or a loose file, with its place in the tree. */
export interface Placed<T> {
  readonly entry: T;
  /** Undefined: a later entry replaces it. */
  readonly path: SafePath | undefined;
}

export interface PlanTree {
  /** Every file of the finished tree, with its size. */
  readonly files: ReadonlyMap<SafePath, number>;
  readonly directories: ReadonlySet<SafePath>;
}

type Placeable = Pick<ArchiveEntry, 'path' | 'kind' | 'sizeBytes' | 'encrypted'>;
type Open<T> = { -readonly [Key in keyof Placed<T>]: Placed<T>[Key] };

interface Node {
  readonly path: SafePath;
  readonly kind: 'file' | 'directory';
  sizeBytes: number;
  /** The entry that a file comes from. */
  owner?: Open<unknown>;
}

const longestNamed = 300;

export class TreePlanner {
  readonly #nodes = new Map<string, Node>();
  readonly #platform: NodeJS.Platform | undefined;

  constructor(platform?: NodeJS.Platform) {
    this.#platform = platform;
  }

  /**
   * `source` is its archive's name, for messages. Throws `ARCHIVE_ENCRYPTED`; `ARCHIVE_HOSTILE` for a path that leads
   * outside and for an entry that is neither file nor folder; `ARCHIVE_UNSUITABLE` for a name that some PC cannot
   * store.
   */
  place<T extends Placeable>(entry: T, source: string): Placed<T> {
    const { path, kind, sizeBytes, encrypted = false } = entry;
    if (encrypted) throw new LanspreadError('ARCHIVE_ENCRYPTED', { details: detailsOf(entry, source) });
    if (kind === 'symlink' || kind === 'hardlink')
      throw hostile(entry, { source, what: 'is a link, and nothing says what it points at' });
    if (kind === 'other') throw hostile(entry, { source, what: 'is neither a file nor a folder' });
    this.#assertAllowed(entry, source);
    const placed: Open<T> = { entry, path: undefined };
    const node = this.#nodeAt(entry, { source, kind, end: path.length });
    placed.path = node.path;
    if (kind === 'file') {
      if (node.owner) node.owner.path = undefined;
      node.owner = placed;
      node.sizeBytes = sizeBytes;
    }
    return placed;
  }

  finish(): PlanTree {
    const nodes = Array.from(this.#nodes.values());
    return {
      files: new Map(nodes.flatMap(({ path, kind, sizeBytes }) => (kind === 'file' ? [[path, sizeBytes]] : []))),
      directories: new Set(nodes.flatMap(({ path, kind }) => (kind === 'directory' ? [path] : []))),
    };
  }

  #assertAllowed(entry: Placeable, source: string): void {
    const { path } = entry;
    const rules = { atGameRoot: false, ...(this.#platform && { platform: this.#platform }) };
    if (leadsOutside(path)) throw hostile(entry, { source, what: 'leads outside its folder' });
    const fault = pathFault(path, rules);
    if (fault !== undefined) throw unsuitable(entry, { source, reason: fault });
    // The marker is ours while the tree is in staging; an entry of that name would replace it.
    const [top = ''] = path.split('/', 1);
    if (sameNameKey(top) === sameNameKey(ownNames.marker)) throw unsuitable(entry, { source, reason: 'reserved' });
  }

  /** Returns the node of a path up to `end`; creates it and its parent folders if they are missing. */
  #nodeAt(entry: Placeable, { source, kind, end }: { source: string; kind: 'file' | 'directory'; end: number }): Node {
    const path = entry.path.slice(0, end);
    const key = sameNameKey(path);
    const present = this.#nodes.get(key);
    if (present?.kind === kind) return present;
    if (present) throw unsuitable(entry, { source, reason: 'file-and-folder' });
    const slash = path.lastIndexOf('/');
    const parent = slash < 0 ? '' : `${this.#nodeAt(entry, { source, kind: 'directory', end: slash }).path}/`;
    const node: Node = { path: this.#parse(`${parent}${path.slice(slash + 1)}`), kind, sizeBytes: 0 };
    this.#nodes.set(key, node);
    return node;
  }

  #parse(path: string): SafePath {
    return parsePath(path, { atGameRoot: false, ...(this.#platform && { platform: this.#platform }) });
  }
}

function detailsOf({ path }: Placeable, source: string): { file: string; entry: string } {
  return { file: source, entry: path.slice(0, longestNamed) };
}

interface Fault {
  readonly source: string;
  /** The words after the entry's name. */
  readonly what: string;
}

function messageOf(entry: Placeable, { source, what }: Fault): string {
  return `${source}: ${quoted(entry.path.slice(0, longestNamed))} ${what}.`;
}

function hostile(entry: Placeable, fault: Fault): LanspreadError {
  const details = detailsOf(entry, fault.source);
  return new LanspreadError('ARCHIVE_HOSTILE', { message: messageOf(entry, fault), details });
}

function unsuitable(entry: Placeable, { source, reason }: { source: string; reason: PathFault }): LanspreadError {
  const details = { ...detailsOf(entry, source), reason };
  const message = messageOf(entry, { source, what: pathFaults[reason] });
  return new LanspreadError('ARCHIVE_UNSUITABLE', { message, details });
}
