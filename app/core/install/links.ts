/**
 * Turns the links of an archive into copies of their targets. So an installed game has no links: it is the same on
 * every system, can be checked file by file, and nothing in it leads outside. Pure.
 */
import { LanspreadError, maxPathLength, pathFault, quoted } from '../base/index.ts';
import type { ArchiveEntry, EntryCopy } from '../content/index.ts';

/** The most copies that one archive's links may become; real archives have a few dozen. */
const maxCopies = 10_000;
/** The most links that are followed to one target, as many as systems follow. */
const maxHops = 40;

interface SettledEntries {
  /** Files, folders, and entries that cannot be installed; no links. They are the listed objects themselves. */
  readonly entries: readonly ArchiveEntry[];
  readonly copies: readonly EntryCopy[];
  /** Folders that replace links to folders: no unpacker creates them. */
  readonly copiedFolders: readonly string[];
}

/**
 * `archive` is its name for messages. A symbolic link is left out when it leads nowhere, outside or into itself, or
 * when its name cannot be stored: the game does not need it here (for example `dosdevices/z:` of a Wine prefix). Throws
 * `ARCHIVE_CORRUPT` for a hard link to a missing entry, `ARCHIVE_HOSTILE` for entries that claim to lie below a link.
 */
export function settleLinks(archive: string, listed: readonly ArchiveEntry[]): SettledEntries {
  if (!listed.some(isLink)) return { entries: listed, copies: [], copiedFolders: [] };
  return new LinkTree(archive, listed).settle();
}

function isLink({ kind }: ArchiveEntry): boolean {
  return kind === 'symlink' || kind === 'hardlink';
}

function canBeStored({ path }: ArchiveEntry): boolean {
  return pathFault(path, { atGameRoot: false }) === undefined;
}

class LinkTree {
  readonly #archive: string;
  readonly #listed: readonly ArchiveEntry[];
  readonly #nodes = new Map<string, ArchiveEntry>();
  readonly #folders = new Set(['']);
  readonly #copies: EntryCopy[] = [];
  readonly #madeFolders: string[] = [];
  /** Folders that are being copied now; a link to one of them would be a circle. */
  readonly #copied = new Set<string>();

  constructor(archive: string, listed: readonly ArchiveEntry[]) {
    this.#archive = archive;
    this.#listed = listed;
    for (const entry of listed) {
      this.#nodes.set(entry.path, entry);
      if (entry.kind === 'directory') this.#folders.add(entry.path);
      for (let end = entry.path.indexOf('/'); end >= 0; end = entry.path.indexOf('/', end + 1))
        this.#folders.add(entry.path.slice(0, end));
    }
  }

  settle(): SettledEntries {
    for (const entry of this.#listed) {
      // If a later entry has the same path, that one counts.
      if (!isLink(entry) || this.#nodes.get(entry.path) !== entry || !canBeStored(entry)) continue;
      if (this.#folders.has(entry.path))
        throw this.#fault('ARCHIVE_HOSTILE', entry, 'and other entries pretend to lie in it');
      this.#copy(entry, entry.path);
    }
    const entries = this.#listed.filter((entry) => !isLink(entry));
    return { entries, copies: this.#copies, copiedFolders: this.#madeFolders };
  }

  /** Copies a link's target to `path`: the link's own path, or one below another link to its folder. */
  #copy(link: ArchiveEntry, path: string): void {
    const real = this.#realPath(link);
    const file = real === undefined ? undefined : this.#nodes.get(real);
    if (real !== undefined && file?.kind === 'file') this.#copyFile(file, path);
    else if (real !== undefined && this.#folders.has(real)) this.#copyFolder(real, { link, path });
    else if (link.kind === 'hardlink') throw this.#fault('ARCHIVE_CORRUPT', link, 'which is not in the archive');
  }

  #copyFile({ path: from, sizeBytes, executable }: ArchiveEntry, path: string): void {
    if (this.#copies.length >= maxCopies) throw this.#tooMany();
    this.#copies.push({ path, from, sizeBytes, ...(executable !== undefined && { executable }) });
  }

  #copyFolder(real: string, { link, path }: { link: ArchiveEntry; path: string }): void {
    const inside = real === '' ? '' : `${real}/`;
    // The folder would contain itself without end.
    if (link.path.startsWith(inside) || this.#copied.has(real) || path.length > maxPathLength) return;
    this.#copied.add(real);
    if (this.#madeFolders.length >= maxCopies) throw this.#tooMany();
    this.#madeFolders.push(path);
    for (const entry of this.#listed) {
      if (!entry.path.startsWith(inside)) continue;
      const below = `${path}/${entry.path.slice(inside.length)}`;
      if (isLink(entry)) {
        if (canBeStored(entry)) this.#copy(entry, below);
      } else if (entry.kind === 'file') this.#copyFile(entry, below);
      else if (entry.kind === 'directory') this.#madeFolders.push(below);
      else throw this.#fault('ARCHIVE_HOSTILE', link, 'which holds what is neither file nor folder');
    }
    this.#copied.delete(real);
  }

  /**
   * The path of a link's target, after following every link on the way; undefined when it is outside the archive or the
   * links form a circle.
   */
  #realPath(link: ArchiveEntry): string | undefined {
    let real: string[] = [];
    let waiting: string[] = [];
    let hops = 0;
    const follow = ({ kind, path, target }: ArchiveEntry): boolean => {
      hops += 1;
      if (hops > maxHops || !target || target.startsWith('/') || /[\\:\0]/.test(target)) return false;
      real = kind === 'hardlink' ? [] : path.split('/').slice(0, -1);
      waiting = [...target.split('/'), ...waiting];
      return true;
    };
    if (!follow(link)) return undefined;
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      if (part === '' || part === '.') continue;
      if (part === '..') {
        if (real.pop() === undefined) return undefined;
        continue;
      }
      real.push(part);
      const node = this.#nodes.get(real.join('/'));
      if (node && isLink(node) && !follow(node)) return undefined;
    }
    return real.join('/');
  }

  #fault(code: 'ARCHIVE_CORRUPT' | 'ARCHIVE_HOSTILE', { path, target }: ArchiveEntry, what: string): LanspreadError {
    const to = target === undefined ? 'something' : quoted(target.slice(0, 300));
    return new LanspreadError(code, {
      message: `${this.#archive}: ${quoted(path.slice(0, 300))} is a link to ${to}, ${what}.`,
      details: { file: this.#archive, entry: path.slice(0, 300) },
    });
  }

  #tooMany(): LanspreadError {
    return new LanspreadError('ARCHIVE_HOSTILE', {
      message: `${this.#archive}: its links stand for more than ${maxCopies} files.`,
      details: { file: this.#archive },
    });
  }
}
