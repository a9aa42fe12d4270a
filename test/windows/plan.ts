/** What the Windows lab decides before it does anything: whether it can be here, where it lies, what it is called with. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** Debian's release with the oldest Wine that runs Node 26: Wine 8 cannot give V8 the address space that it reserves. */
export const debianRelease = 'trixie';
export const debianPackages = ['wine', 'wine64'];
/** Counts up when the root is made in another way, so that old ones are made anew. */
const recipeVersion = 1;

export interface MachineFacts {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly userId: number | undefined;
  /** `ID` of os-release. */
  readonly system: string | undefined;
  readonly mirror: string | undefined;
}

/** Why the lab cannot be on this machine, in one line; undefined where it can. */
export function whyNoLab({ platform, arch, userId, system, mirror }: MachineFacts): string | undefined {
  if (platform !== 'linux' || arch !== 'x64') return `it needs Linux on x64; this is ${platform} on ${arch}`;
  if (userId !== 0) return 'it needs root, for a Debian root of its own and its namespaces';
  if (system !== 'debian') return `it needs Debian; this is ${system ?? 'a system without os-release'}`;
  if (mirror === undefined) return 'apt names no mirror of Debian';
  return undefined;
}

export interface LabPlaces {
  /** Holds everything below; nothing of it lies in the checkout. */
  readonly cache: string;
  /** The Debian root with Wine and a Wine prefix. */
  readonly root: string;
  /** The packages for win32-x64 that this lock file names. */
  readonly packages: string;
  /** A run's temporary files. */
  readonly runs: string;
  readonly lock: string;
}

/** Names the lab's places, as JSON, to tests that run on Linux and start peers on Windows. */
export const labVariable = 'LANSPREAD_WINDOWS_LAB';

/** `LANSPREAD_CACHE`, else the user's cache folder (XDG). */
export function labPlaces(
  environment: Readonly<Record<string, string | undefined>>,
  { home, lockFile }: { home: string; lockFile: string },
): LabPlaces {
  const { LANSPREAD_CACHE, XDG_CACHE_HOME } = environment;
  const shared = XDG_CACHE_HOME === undefined || XDG_CACHE_HOME === '' ? join(home, '.cache') : XDG_CACHE_HOME;
  const own = LANSPREAD_CACHE === undefined || LANSPREAD_CACHE === '' ? join(shared, 'lanspread') : LANSPREAD_CACHE;
  const cache = join(own, 'windows');
  return {
    cache,
    root: join(cache, `root-${shortHash([debianRelease, ...debianPackages, recipeVersion].join(' '))}`),
    packages: join(cache, `packages-${shortHash(lockFile)}`),
    runs: join(cache, 'runs'),
    lock: join(cache, 'lock'),
  };
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** Folders of the cache that no run needs any more: halves of what was interrupted, and what newer ones replaced. */
export function leftovers(
  entries: readonly { name: string; usedAtMs: number }[],
  { root, packages }: { root: string; packages: string },
): string[] {
  const isHalf = ({ name }: { name: string }): boolean => name.endsWith(halfSuffix);
  const kept = new Set([root, packages]);
  const others = (prefix: string): string[] =>
    entries
      .filter((entry) => entry.name.startsWith(prefix) && !isHalf(entry) && !kept.has(entry.name))
      .toSorted((a, b) => b.usedAtMs - a.usedAtMs)
      .map(({ name }) => name);
  return [
    ...entries.filter(isHalf).map(({ name }) => name),
    ...others('root-'),
    // Branches with another lock file take turns.
    ...others('packages-').slice(keptPackages),
  ];
}

/** What is being made bears this name until it is whole. */
export const halfSuffix = '.half';
const keptPackages = 2;
