/**
 * What is ours in a game root. Only payload that Lanspread wrote there, took over, or found complete under a sentinel may
 * be overwritten or deleted; whatever else lies in a root is the player's.
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

/** Paths relative to the root; folders end in `/`. */
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

  /** Every path in the spellings in which it was noted. */
  paths(): string[] {
    return [...this.#paths];
  }

  /** This and what a manifest names. */
  with(manifest: Manifest): KnownPayload {
    return new KnownPayload([...this.#paths, ...pathsOf(manifest)]);
  }
}

/** Every path that a manifest names or implies, folders with a `/` at the end. Pure. */
export function pathsOf(manifest: Manifest): string[] {
  return [...manifest.files.map(({ path }) => path), ...foldersOf(manifest).map((folder) => `${folder}/`)];
}

/**
 * What is ours in a root before a download touches it. Under a sentinel that this program did not write everything
 * there is the payload of that version; without one only what was noted before. Errors: the file system's, `CANCELLED`.
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

/** Everything in a root but the reserved names and droppings. Links are listed, never followed. */
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
