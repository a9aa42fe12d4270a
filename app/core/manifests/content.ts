/**
 * Compares the content of two manifests. Two PCs with the same files may still have different manifests. The text of
 * `version.ini` is part of a manifest, and its lines may end differently. And an older Lanspread also lists files that
 * its system left in the folder. Neither is a difference in the game. Pure.
 */
import { blake3Hex } from '../base/index.ts';
import { isBelowDropping } from '../game-folder/index.ts';
import type { HashedManifest } from '../library/index.ts';
import { encodeManifest, manifestRoot, type Manifest } from '../protocol/index.ts';

/** Equal for manifests of the same game, version and payload. Hexadecimal. */
export function plainKeyOf(manifest: Manifest): string {
  const plain = { ...withoutDroppings(manifest), sentinel: manifest.version };
  return blake3Hex(encodeManifest(plain));
}

export function hasDroppings({ files, directories }: Manifest): boolean {
  return files.some(({ path }) => isBelowDropping(path)) || directories.some((path) => isBelowDropping(`${path}/`));
}

function withoutDroppings(manifest: Manifest): Manifest {
  if (!hasDroppings(manifest)) return manifest;
  return {
    ...manifest,
    directories: manifest.directories.filter((path) => !isBelowDropping(`${path}/`)),
    files: manifest.files.filter(({ path }) => !isBelowDropping(path)),
  };
}

/** Whether two manifests list the same files and folders, so that their blocks have the same numbers. */
export function haveSameFiles(one: Manifest, other: Manifest): boolean {
  return filesKeyOf(one) === filesKeyOf(other);
}

/** Equal for manifests that list the same files and folders. */
export function filesKeyOf(manifest: Manifest): string {
  return blake3Hex(encodeManifest({ ...manifest, sentinel: manifest.version }));
}

/**
 * The same content as a manifest with this manifest hash, or undefined. It tries the usual ways to write `version.ini`
 * for one version. So a hash that a catalog pinned on one PC is also found on a PC with other line endings in
 * `version.ini`.
 */
export function asRoot(hashed: HashedManifest, root: string): HashedManifest | undefined {
  if (hashed.root === root) return hashed;
  const { manifest } = hashed;
  for (const sentinel of likelyTexts(manifest)) {
    const variant = { ...manifest, sentinel };
    const bytes = encodeManifest(variant);
    if (manifestRoot(bytes) === root) return { ...hashed, manifest: variant, bytes, root };
  }
  return undefined;
}

function likelyTexts({ sentinel, version }: Manifest): Set<string> {
  const lines = sentinel.split(/\r\n|\r|\n/).map((line) => line.trimEnd());
  while (lines.length > 1 && lines.at(-1) === '') lines.pop();
  const texts = [lines, [`version = ${version}`], [`version=${version}`], [version]];
  const endings = (text: readonly string[]): string[] =>
    ['\n', '\r\n'].flatMap((end) => [text.join(end), `${text.join(end)}${end}`]);
  return new Set(texts.flatMap(endings));
}

/** A payload without droppings, for comparing it with others. */
export class Content {
  readonly manifest: Manifest;
  readonly sizeBytes: number;
  /** Files, and empty folders with a `/` at the end and no blocks. */
  readonly #entries = new Map<string, { readonly size: number; readonly blocks: readonly string[] }>();

  constructor(manifest: Manifest) {
    const { files, directories } = withoutDroppings(manifest);
    this.manifest = manifest;
    this.sizeBytes = files.reduce((sum, { size }) => sum + size, 0);
    for (const file of files) this.#entries.set(file.path, file);
    for (const path of directories) this.#entries.set(`${path}/`, { size: 0, blocks: [] });
  }

  /** Whether `other` has every entry of this content, byte for byte. */
  isWithin(other: Content): boolean {
    for (const path of this.#entries.keys()) if (!this.#isEqual(path, other)) return false;
    return true;
  }

  /** The paths that only one of the two has, or that differ; sorted. */
  differingFrom(other: Content): string[] {
    const paths = [...this.#entries.keys()].filter((path) => !this.#isEqual(path, other));
    for (const path of other.#entries.keys()) if (!this.#entries.has(path)) paths.push(path);
    return paths.sort();
  }

  #isEqual(path: string, other: Content): boolean {
    const [one, two] = [this.#entries.get(path), other.#entries.get(path)];
    if (!one || !two || one.size !== two.size || one.blocks.length !== two.blocks.length) return false;
    return one.blocks.every((hash, index) => hash === two.blocks[index]);
  }
}
