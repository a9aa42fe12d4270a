/**
 * The manifest: a game's payload, block by block. It is canonical, so equal content gives equal bytes and one manifest hash.
 * Blocks are numbered through the whole manifest, file after file; an empty file has none.
 */
import { z } from 'zod';
import {
  blake3Hex,
  isGameId,
  LanspreadError,
  parsePath,
  parseWith,
  PathSet,
  toLanspreadError,
  type GameId,
  type SafePath,
} from '../base/index.ts';
import { limits } from './limits.ts';

/** The size of every block except the last one of a file, in bytes. */
export const blockSizeBytes = 4 * 1024 * 1024;

export interface ManifestFile {
  readonly path: SafePath;
  readonly size: number;
  /** BLAKE3 of each block, 64 lower-case hex digits. */
  readonly blocks: readonly string[];
}

export interface Manifest {
  readonly id: GameId;
  readonly version: string;
  /** The text of `version.ini`. */
  readonly sentinel: string;
  readonly blockSize: number;
  /** Directories that no file's path implies. */
  readonly directories: readonly SafePath[];
  readonly files: readonly ManifestFile[];
}

const hash = z.string().regex(/^[0-9a-f]{64}$/);

const manifestSchema = z.object({
  id: z.string().refine(isGameId, 'is not a game id'),
  version: z.string().min(1).max(limits.textLength),
  sentinel: z.string().refine((text) => Buffer.byteLength(text) <= limits.sentinelBytes, 'is too long'),
  blockSize: z.literal(blockSizeBytes),
  directories: z.array(z.string()).max(limits.manifestFiles),
  files: z
    .array(z.object({ path: z.string(), size: z.int().nonnegative(), blocks: z.array(hash) }))
    .max(limits.manifestFiles),
});

/** The number of blocks in a file of this size. */
export function blockCountOf(sizeBytes: number): number {
  return Math.ceil(sizeBytes / blockSizeBytes);
}

/** Code-unit order, the manifest's order of paths. */
export function comparePaths(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The bytes that are hashed and sent: JSON with fixed key order, entries sorted by path, no white space. */
export function encodeManifest(manifest: Manifest): Buffer {
  const { id, version, sentinel, blockSize } = manifest;
  const directories = [...manifest.directories].sort(comparePaths);
  const files = [...manifest.files]
    .sort((a, b) => comparePaths(a.path, b.path))
    .map(({ path, size, blocks }) => ({ path, size, blocks }));
  return Buffer.from(JSON.stringify({ id, version, sentinel, blockSize, directories, files }));
}

export function manifestRoot(encoded: Uint8Array): string {
  return blake3Hex(encoded);
}

/**
 * Parses a manifest's bytes. Checks size limits, schema, path rules, block counts and order, and that the bytes are
 * canonical. Throws `MANIFEST_INVALID`.
 */
export function decodeManifest(bytes: Uint8Array): Manifest {
  const invalid = (message: string, cause?: unknown): LanspreadError =>
    new LanspreadError('MANIFEST_INVALID', { message: `Invalid manifest: ${message}.`, cause });
  if (bytes.length > limits.manifestBytes) throw invalid(`over ${limits.manifestBytes} bytes`);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid('not JSON', cause);
  }
  const raw = parseWith(manifestSchema, json, { what: 'manifest', code: 'MANIFEST_INVALID' });
  const paths = new PathSet();
  let blocks = 0;
  let files: ManifestFile[];
  let directories: SafePath[];
  try {
    directories = raw.directories.map((path) => parsePath(path, { atGameRoot: true }));
    files = raw.files.map((file) => ({ ...file, path: parsePath(file.path, { atGameRoot: true }) }));
    for (const path of directories) paths.add(path, 'directory');
    for (const { path } of files) paths.add(path, 'file');
  } catch (cause) {
    throw invalid(toLanspreadError(cause).message, cause);
  }
  for (const { path, size, blocks: hashes } of files) {
    if (hashes.length !== blockCountOf(size)) throw invalid(`${path} has ${hashes.length} blocks for ${size} bytes`);
    blocks += hashes.length;
  }
  if (blocks > limits.manifestBlocks) throw invalid(`${blocks} blocks`);
  const manifest: Manifest = { ...raw, id: raw.id as GameId, directories, files };
  if (Buffer.compare(encodeManifest(manifest), bytes) !== 0) throw invalid('not in canonical form');
  return manifest;
}

/** The place of one block in its file. */
interface BlockPlace {
  readonly fileIndex: number;
  /** Index within the file. */
  readonly blockInFile: number;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  readonly hash: string;
}

/** The place of each block of a manifest. Block numbers run from 0 to `blockCount - 1` in manifest order. */
export class ManifestLayout {
  readonly manifest: Manifest;
  readonly blockCount: number;
  readonly totalBytes: number;
  /** `#firstBlocks[i]` is the number of file i's first block; one more entry holds the block count. */
  readonly #firstBlocks: Uint32Array;

  constructor(manifest: Manifest) {
    this.manifest = manifest;
    this.#firstBlocks = new Uint32Array(manifest.files.length + 1);
    let blocks = 0;
    let total = 0;
    for (const [index, file] of manifest.files.entries()) {
      this.#firstBlocks[index] = blocks;
      blocks += file.blocks.length;
      total += file.size;
    }
    this.#firstBlocks[manifest.files.length] = blocks;
    this.blockCount = blocks;
    this.totalBytes = total;
  }

  firstBlockOf(fileIndex: number): number {
    const first = this.#firstBlocks[fileIndex];
    if (first === undefined) throw new RangeError(`no file ${fileIndex}`);
    return first;
  }

  /** Throws RangeError for a number out of range. */
  place(block: number): BlockPlace {
    if (!Number.isInteger(block) || block < 0 || block >= this.blockCount) throw new RangeError(`no block ${block}`);
    const fileIndex = this.#fileOf(block);
    const file = this.manifest.files[fileIndex];
    const blockInFile = block - this.firstBlockOf(fileIndex);
    const hashOf = file?.blocks[blockInFile];
    if (!file || hashOf === undefined) throw new RangeError(`no block ${block}`);
    const offsetBytes = blockInFile * blockSizeBytes;
    return {
      fileIndex,
      blockInFile,
      offsetBytes,
      lengthBytes: Math.min(blockSizeBytes, file.size - offsetBytes),
      hash: hashOf,
    };
  }

  /**
   * The last file whose first block is at or before `block`. Empty files share a first block with the next file and are
   * skipped.
   */
  #fileOf(block: number): number {
    let low = 0;
    let high = this.manifest.files.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#firstBlocks[middle] ?? 0) <= block) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
