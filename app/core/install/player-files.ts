/** Decides which files of an install belong to the player and go into the next version. Pure. */
import { foldPath, type EntryKind } from '../base/index.ts';
import type { InventoryFile } from '../state/index.ts';
import type { InstallPlan } from './plan.ts';

/** An entry of `local/` on this disk; names that the game made need not pass the path rules. */
export interface LocalEntry {
  /** Relative to `local/`, `/`-separated. */
  readonly path: string;
  readonly kind: EntryKind;
  readonly sizeBytes: number;
}

export interface PlayerCopy {
  readonly from: string;
  /** The same as `from`, unless the new version has a folder in place of the file, or the reverse. */
  readonly to: string;
  readonly kind: 'file' | 'symlink' | 'directory';
  readonly sizeBytes: number;
}

interface PlayerFilesInput {
  readonly entries: readonly LocalEntry[];
  /** The files that the last install made; empty when the database was lost. */
  readonly inventory: readonly InventoryFile[];
  readonly plan: Pick<InstallPlan, 'files' | 'directories'>;
  readonly keep: readonly string[];
  /** Those of the `producedToKeep` files that differ from the unpacked ones. */
  readonly changed: ReadonlySet<string>;
  readonly platform?: NodeJS.Platform;
}

type Key = (path: string) => string;

function keyFor(platform: NodeJS.Platform = process.platform): Key {
  return platform === 'win32' || platform === 'darwin' ? foldPath : (path) => path;
}

const isKept = (path: string, keep: readonly string[]): boolean =>
  keep.some((pattern) => matchesKeepPattern(path, pattern));

/** Installed files that a `keep` pattern names: they must be compared with the inventory. */
export function producedToKeep(input: Omit<PlayerFilesInput, 'changed' | 'plan'>): [LocalEntry, InventoryFile][] {
  const key = keyFor(input.platform);
  const produced = new Map(input.inventory.map((file) => [key(file.path), file]));
  return input.entries.flatMap((entry): [LocalEntry, InventoryFile][] => {
    const file = entry.kind === 'file' && isKept(entry.path, input.keep) ? produced.get(key(entry.path)) : undefined;
    return file ? [[entry, file]] : [];
  });
}

/**
 * The files to copy over the new tree; folders come before their contents. They are the files that the unpacker did not
 * make, and changed files that `keep` names. If the inventory is lost, files of the new version also count as made by
 * the old one, except where `keep` names them.
 */
export function decidePlayerCopies(input: PlayerFilesInput): PlayerCopy[] {
  const { entries, inventory, plan, keep, changed, platform } = input;
  const key = keyFor(platform);
  const produced = new Set((inventory.length > 0 ? inventory : []).map(({ path }) => key(path)));
  const planned = new Set(Array.from(plan.files.keys(), key));
  const plannedFolders = new Set(Array.from(plan.directories, key));
  const isPlayers = ({ path, kind }: LocalEntry): boolean => {
    if (kind === 'other') return false;
    if (kind === 'directory') return !plannedFolders.has(key(path));
    if (changed.has(path)) return true;
    if (inventory.length === 0) return !planned.has(key(path)) || isKept(path, keep);
    return !produced.has(key(path));
  };
  const players = entries.filter(isPlayers);
  const folders = players.filter(({ kind }) => kind === 'directory');
  const holdsSomething = new Set(entries.map(({ path }) => path.slice(0, Math.max(0, path.lastIndexOf('/')))));
  // A folder that only held the old version's files goes with them; an empty folder may be needed by the game.
  const emptyFolders = folders.filter(({ path }) => !holdsSomething.has(path));
  const others = players.filter(({ kind }) => kind !== 'directory');
  return [...emptyFolders, ...others]
    .map(({ path, kind, sizeBytes }) => ({
      from: path,
      to: freePlace(path, kind, { planned, plannedFolders, key }),
      kind: kind === 'symlink' || kind === 'directory' ? kind : ('file' as const),
      sizeBytes: kind === 'file' ? sizeBytes : 0,
    }))
    .toSorted((a, b) => (a.to < b.to ? -1 : a.to > b.to ? 1 : 0));
}

/** A player's file that meets a folder of the new version, or lies below a file of it, gets a free name beside it. */
function freePlace(
  path: string,
  kind: EntryKind,
  { planned, plannedFolders, key }: { planned: ReadonlySet<string>; plannedFolders: ReadonlySet<string>; key: Key },
): string {
  for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
    const parent = path.slice(0, end);
    if (planned.has(key(parent))) return `${parent}.kept${path.slice(end)}`;
  }
  const meetsOther = kind === 'directory' ? planned.has(key(path)) : plannedFolders.has(key(path));
  return meetsOther ? `${path}.kept` : path;
}

export function matchesKeepPattern(path: string, pattern: string): boolean {
  const names = foldPath(path).split('/');
  const parts = foldPath(pattern)
    .split('/')
    .filter((part) => part !== '');
  if (parts.length === 0) return false;
  /** The numbers of leading names that the parts so far can match. */
  let reachable = new Set([0]);
  for (const part of parts) {
    const next = new Set<number>();
    for (const count of reachable) {
      if (part === '**') for (let end = count; end <= names.length; end += 1) next.add(end);
      else if (count < names.length && matchesName(names[count] ?? '', part)) next.add(count + 1);
    }
    reachable = next;
  }
  // A match shorter than the path is a folder above it.
  return Array.from(reachable).some((count) => count > 0);
}

/** A star first matches as little as possible; only the last star ever has to be extended. */
function matchesName(name: string, part: string): boolean {
  let [at, from] = [0, 0];
  let [star, starAt] = [-1, 0];
  while (at < name.length) {
    if (part[from] === '*') {
      star = from;
      starAt = at;
      from += 1;
    } else if (from < part.length && (part[from] === '?' || part[from] === name[at])) {
      at += 1;
      from += 1;
    } else if (star >= 0) {
      starAt += 1;
      at = starAt;
      from = star + 1;
    } else return false;
  }
  while (part[from] === '*') from += 1;
  return from === part.length;
}
