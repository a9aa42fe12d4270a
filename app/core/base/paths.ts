/**
 * The one check for every path from a peer, an archive, a catalog or an extension. A path that passed is a `SafePath`:
 * relative, separated by `/`, harmless on Linux, Windows and macOS alike.
 */
import { isAbsolute, join, posix, sep, win32 } from 'node:path';
import { isNotFound, LanspreadError } from './errors.ts';
import type { FileSystem } from './file-system.ts';
import { asidePrefix, ownNames } from './own-names.ts';
import { quoted } from './quoted.ts';
import { maxComponentBytes, maxPathLength, pathFaults, type PathFault } from './path-faults.ts';

declare const safe: unique symbol;
/** A relative path that passed `parsePath`. */
export type SafePath = string & { readonly [safe]: true };

declare const gameIdBrand: unique symbol;
/** One path component that passed `parseGameId`. */
export type GameId = string & { readonly [gameIdBrand]: true };

/** Characters that HFS+ ignores when it compares names. */
const ignoredInNames = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

/**
 * Names directly in a game folder that belong to Lanspread, the player or other programs: never in a manifest, never served.
 */
const reservedRootNames = new Set(
  [...Object.values(ownNames), '.softlan_game_installed', '.sync', '.lanspread.json'].map(foldPath),
);
/**
 * Short names under which Windows may also find a reserved name (`LOCAL~1.INS` is `.local.installing`): the first six
 * letters, or two letters and a checksum, then a number.
 */
const reservedShortName = /^(?:local|lanspr|versio|softla|sync|(?:lo|la|ve|so|sy)[0-9a-f]{4})~[0-9]/;

const windowsDevice = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?:\..*)?$/i;
// Cc, and the invisible line and direction controls that make one name look like another.
// oxlint-disable-next-line no-control-regex
const controlCharacter = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
const windowsOnlyForbidden = /[<>"|?*]/;
// oxlint-disable-next-line no-control-regex
const isAsciiOnly = /^[\u0000-\u007f]*$/;
const gameIdPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** A key that is equal for two names that are the same file on some file system: case-folded and canonically composed. */
export function foldPath(path: string): string {
  const visible = path.replaceAll(ignoredInNames, '').normalize('NFC');
  return visible.toLowerCase().toUpperCase().toLowerCase().normalize('NFC');
}

/**
 * A key that is equal for two names that are one file on Windows, and also on macOS where only the Unicode form differs.
 * Unlike `foldPath` it separates names that Windows separates: Straße and STRASSE, ı and i.
 */
export function sameNameKey(path: string): string {
  if (isAsciiOnly.test(path)) return path.toUpperCase();
  return Array.from(path.normalize('NFC'), (letter) => {
    const upper = letter.toUpperCase();
    const staysApart = upper.length !== letter.length || (letter > '\u007f' && upper <= '\u007f');
    return staysApart ? letter : upper;
  }).join('');
}

/** Whether a name directly in a game folder is reserved (see the table in docs/on-disk.md). */
export function isReservedRootName(name: string): boolean {
  const folded = foldPath(name);
  if (reservedRootNames.has(folded) || reservedShortName.test(folded)) return true;
  return folded.startsWith(asidePrefix);
}

export interface PathRules {
  /** The path is directly in a game folder, where some names are reserved. False inside staging and `local/`. */
  atGameRoot: boolean;
  /** The platform of the path; Windows does not allow a few more characters. Default: this platform. */
  platform?: NodeJS.Platform;
}

/**
 * The fault of a path, or undefined when it is acceptable. Pure: `PathSet` checks for collisions with other entries, and
 * `assertNoLinkOnWay` for symbolic links.
 */
export function pathFault(path: string, { atGameRoot, platform = process.platform }: PathRules): PathFault | undefined {
  if (path === '') return 'empty';
  if (path.length > maxPathLength) return 'too-long';
  if (!path.isWellFormed()) return 'bad-unicode';
  if (controlCharacter.test(path)) return 'control';
  if (path.includes('\\')) return 'backslash';
  if (path.includes(':')) return 'colon';
  if (path.startsWith('/') || isAbsolute(path)) return 'absolute';
  if (platform === 'win32' && windowsOnlyForbidden.test(path)) return 'forbidden';
  const components = path.split('/');
  for (const component of components) {
    if (component === '') return 'empty-segment';
    if (component === '.' || component === '..') return 'dot-segment';
    if (component.endsWith('.') || component.endsWith(' ')) return 'ends-in-dot';
    if (windowsDevice.test(component)) return 'device-name';
    if (Buffer.byteLength(component) > maxComponentBytes) return 'long-segment';
  }
  if (atGameRoot && isReservedRootName(components[0] ?? '')) return 'reserved';
  return undefined;
}

/** Whether a path leads out of its base folder, on any system. */
export function leadsOutside(path: string): boolean {
  return /^[/\\]|^[A-Za-z]:[/\\]/.test(path) || path.split(/[/\\]/).includes('..');
}

/** The fault in words that follow the path. */
export function whyUnsafe(path: string, rules: PathRules): string | undefined {
  const fault = pathFault(path, rules);
  return fault && pathFaults[fault];
}

/** Returns the path as a SafePath. Throws `INVALID_PATH` with the reason. */
export function parsePath(path: string, rules: PathRules): SafePath {
  const reason = whyUnsafe(path, rules);
  if (reason === undefined) return path as SafePath;
  throw new LanspreadError('INVALID_PATH', {
    message: `The path ${quoted(path.slice(0, maxPathLength + 1))} ${reason}.`,
    details: { path: path.slice(0, maxPathLength + 1) },
  });
}

export function isGameId(value: unknown): value is GameId {
  return typeof value === 'string' && gameIdPattern.test(value) && !value.endsWith('.') && !windowsDevice.test(value);
}

/** Returns the text as a GameId. Throws `INVALID_PATH`. */
export function parseGameId(text: string): GameId {
  if (isGameId(text)) return text;
  throw new LanspreadError('INVALID_PATH', { message: `${quoted(text.slice(0, 80))} is not a game id.` });
}

/**
 * The entries of one tree. Refuses an entry that would collide with another on a case-insensitive or normalising file system,
 * and a file in place of a directory (or the reverse). A directory may be added again.
 */
export class PathSet {
  readonly #entries = new Map<string, { path: string; kind: 'file' | 'directory' }>();

  /** Throws `INVALID_PATH` when the entry collides. */
  add(path: SafePath, kind: 'file' | 'directory'): void {
    let end = path.indexOf('/');
    while (end >= 0) {
      this.#put(path.slice(0, end), 'directory');
      end = path.indexOf('/', end + 1);
    }
    this.#put(path, kind);
  }

  #put(path: string, kind: 'file' | 'directory'): void {
    const key = foldPath(path);
    const present = this.#entries.get(key);
    if (!present) {
      this.#entries.set(key, { path, kind });
      return;
    }
    if (present.path === path && present.kind === 'directory' && kind === 'directory') return;
    throw new LanspreadError('INVALID_PATH', {
      message:
        present.path === path
          ? `The path ${quoted(path)} is there twice.`
          : `The path ${quoted(path)} collides with ${quoted(present.path)}.`,
      details: { path },
    });
  }
}

/**
 * Whether a path means the same place wherever the program runs. On Windows it needs a drive or a server; `\\games` has
 * neither.
 */
export function isFullPath(path: string, platform: NodeJS.Platform = process.platform): boolean {
  if (platform !== 'win32') return posix.isAbsolute(path);
  return win32.isAbsolute(path) && win32.parse(path).root.length > 1;
}

/** The absolute path of a SafePath below `root`. Does not read the disk; see `assertNoLinkOnWay`. */
export function absolutePath(root: string, path: SafePath): string {
  return join(root, sep === '/' ? path : path.replaceAll('/', sep));
}

/**
 * Throws `INVALID_PATH` when a parent of `path` below `root`, or the entry itself, is a symbolic link (on Windows: a
 * junction), or when a parent is not a directory. Missing parents are allowed.
 */
export async function assertNoLinkOnWay(fileSystem: FileSystem, root: string, path: SafePath): Promise<void> {
  const components = path.split('/');
  let current = root;
  for (const [index, component] of components.entries()) {
    current = join(current, component);
    let kind: string;
    try {
      kind = (await fileSystem.lstat(current)).kind;
    } catch (error) {
      if (isNotFound(error)) return;
      throw error;
    }
    const isLast = index === components.length - 1;
    if (kind === 'symlink' || (!isLast && kind !== 'directory')) {
      throw new LanspreadError('INVALID_PATH', {
        message: `${quoted(path)}: ${quoted(component)} is ${kind === 'symlink' ? 'a symbolic link' : 'not a folder'}.`,
        details: { path },
      });
    }
  }
}
