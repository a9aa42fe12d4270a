/**
 * Which files in a game folder belong to Lanspread. Only payload that Lanspread wrote, took over, or found complete under a
 * sentinel may be overwritten or deleted. All other files belong to the player.
 */
import { join } from 'node:path';
import {
  foldPath,
  isNotFound,
  isReservedRootName,
  throwIfAborted,
  type FileSystem,
  type SignalOptions,
} from '../base/index.ts';
import { decodeManifest, type Manifest } from '../protocol/index.ts';
import type { State } from '../state/index.ts';
import { foldersOf } from './discard.ts';
import { isDropping } from './droppings.ts';
import { layoutOf } from './layout.ts';

/** Paths relative to the game folder; folders end in `/`. */
export class KnownPayload {
  readonly #paths: ReadonlySet<string>;
  readonly #folded: ReadonlySet<string>;

  constructor(paths: Iterable<string>) {
    this.#paths = new Set(paths);
    this.#folded = new Set(Array.from(this.#paths, foldPath));
  }

  /** Ignores case, as `foldPath` does. */
  hasFile(path: string): boolean {
    return this.#folded.has(foldPath(path));
  }

  /** Every path, in the spelling in which it was stored. */
  paths(): string[] {
    return [...this.#paths];
  }

  /** These paths and those of a manifest. */
  with(manifest: Manifest): KnownPayload {
    return new KnownPayload([...this.#paths, ...pathsOf(manifest)]);
  }
}

/** Every path that a manifest names or implies; folders end in `/`. Pure. */
export function pathsOf(manifest: Manifest): string[] {
  return [...manifest.files.map(({ path }) => path), ...foldersOf(manifest).map((folder) => `${folder}/`)];
}

/**
 * The files that belong to Lanspread in a game folder, before a download changes it. Under a sentinel that this program did
 * not write, all files are the payload of that version. Without a sentinel, only the stored paths count. Errors: the file
 * system's, `CANCELLED`.
 */
export async function takeStock(
  { fileSystem, state }: { fileSystem: FileSystem; state: Pick<State, 'payloads' | 'partials'> },
  root: string,
  options: SignalOptions = {},
): Promise<KnownPayload> {
  const noted = state.payloads.knownPaths(root);
  const sentinel = await textOf(fileSystem, layoutOf(root).sentinel);
  if (sentinel !== undefined) {
    const made = state.payloads.manifest(root);
    if (noted && made && decodeManifest(made.manifestBytes).sentinel === sentinel) return new KnownPayload(noted);
    return new KnownPayload(await listPayload(fileSystem, root, options));
  }
  if (noted) return new KnownPayload(noted);
  const partial = state.partials.get(root);
  return new KnownPayload(partial ? pathsOf(decodeManifest(partial.manifestBytes)) : []);
}

async function textOf(fileSystem: FileSystem, path: string): Promise<string | undefined> {
  try {
    if ((await fileSystem.lstat(path)).kind !== 'file') return undefined;
    return (await fileSystem.readFile(path)).toString('utf8');
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** All entries of a game folder except reserved names and droppings. Links are listed but never followed. */
export async function listPayload(
  fileSystem: FileSystem,
  root: string,
  { signal }: SignalOptions = {},
): Promise<string[]> {
  const paths: string[] = [];
  const waiting = [''];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    throwIfAborted(signal);
    for (const { name, kind } of await fileSystem.list(join(root, folder))) {
      if (folder === '' && isReservedRootName(name)) continue;
      if (isDropping(name, { atGameRoot: folder === '', kind })) continue;
      const path = folder === '' ? name : `${folder}/${name}`;
      if (kind === 'directory') waiting.push(path);
      paths.push(kind === 'directory' ? `${path}/` : path);
    }
  }
  return paths;
}
