/** Compares a payload with a manifest by reading every byte of it from the disk; remembered hashes do not count. */
import { absolutePath, Bitmap, foldPath, type FileSystem, type SafePath, type SignalOptions } from '../base/index.ts';
import type { BlockHasher } from '../library/index.ts';
import type { ManifestFile, ManifestLayout } from '../protocol/index.ts';
import { listPayload } from '../game-folder/index.ts';
import { forEachParallel } from '../base/index.ts';
import { statOf } from '../base/index.ts';

/** Blocks per call of the hasher: 256 MiB, so that the progress bar moves. */
const groupBlocks = 64;
/** Files that are compared at a time. More would not help: the hasher takes one at a time. */
const parallelFiles = 4;

export interface Comparison {
  /** Blocks that are there and sound. */
  readonly verified: Bitmap;
  /** Files of the manifest that differ in any way, missing ones included, in the manifest's order. */
  readonly badFiles: readonly SafePath[];
  /** Bad files that are missing, or that are not files. */
  readonly missingFiles: readonly SafePath[];
  /** Folders of the manifest that are missing. */
  readonly missingFolders: readonly SafePath[];
  /** Files of the payload that the manifest does not name. The payload is sound in spite of them. */
  readonly extraFiles: readonly string[];
  readonly badBlocks: number;
  readonly badBytes: number;
  /** Every file and folder of the manifest is there, byte for byte. */
  readonly sound: boolean;
}

interface CompareOptions extends SignalOptions {
  readonly fileSystem: FileSystem;
  readonly hasher: Pick<BlockHasher, 'checkBlocks'>;
  readonly layout: ManifestLayout;
  readonly root: string;
  /** Receives the bytes of the manifest that have been compared so far. */
  readonly onProgress?: (bytes: number) => void;
}

/** Changes nothing on the disk. Errors: the file system's, `CANCELLED`. */
export async function comparePayload(options: CompareOptions): Promise<Comparison> {
  const { fileSystem, layout, root, signal, onProgress } = options;
  const { manifest } = layout;
  const verified = new Bitmap(layout.blockCount);
  const bad = new Set<SafePath>();
  const missing = new Set<SafePath>();
  let doneBytes = 0;
  const advance = (bytes: number): void => onProgress?.((doneBytes += bytes));
  await forEachParallel(
    manifest.files,
    async (file, fileIndex) => {
      const stat = await statOf(fileSystem, absolutePath(root, file.path));
      if (stat?.kind !== 'file') {
        missing.add(file.path);
        bad.add(file.path);
        advance(file.size);
        return;
      }
      const isSound = await compareFile(options, { file, fileIndex, verified, advance });
      if (!isSound || stat.sizeBytes !== file.size) bad.add(file.path);
    },
    { ...(signal && { signal }), parallel: parallelFiles },
  );
  const missingFolders: SafePath[] = [];
  for (const folder of manifest.directories)
    if ((await statOf(fileSystem, absolutePath(root, folder)))?.kind !== 'directory') missingFolders.push(folder);
  let badBlocks = 0;
  let badBytes = 0;
  for (let block = 0; block < layout.blockCount; block += 1) {
    if (verified.has(block)) continue;
    badBlocks += 1;
    badBytes += layout.place(block).lengthBytes;
  }
  const inOrder = (paths: ReadonlySet<SafePath>): SafePath[] =>
    manifest.files.map(({ path }) => path).filter((path) => paths.has(path));
  return {
    verified,
    badFiles: inOrder(bad),
    missingFiles: inOrder(missing),
    missingFolders,
    extraFiles: await extraFiles(options),
    badBlocks,
    badBytes,
    sound: bad.size === 0 && missingFolders.length === 0,
  };
}

/** Adds a file's sound blocks to `verified`. Tells whether all its blocks are sound. */
async function compareFile(
  { hasher, layout, root, signal }: CompareOptions,
  {
    file,
    fileIndex,
    verified,
    advance,
  }: { file: ManifestFile; fileIndex: number; verified: Bitmap; advance: (bytes: number) => void },
): Promise<boolean> {
  const first = layout.firstBlockOf(fileIndex);
  const end = first + file.blocks.length;
  let isSound = true;
  for (let from = first; from < end; from += groupBlocks) {
    const places = Array.from({ length: Math.min(end - from, groupBlocks) }, (_, index) => layout.place(from + index));
    const sound = await hasher.checkBlocks(absolutePath(root, file.path), places, {
      isUrgent: () => false,
      ...(signal && { signal }),
    });
    for (const [index, { lengthBytes }] of places.entries()) {
      if (sound[index]) verified.add(from + index);
      else isSound = false;
      advance(lengthBytes);
    }
  }
  return isSound;
}

async function extraFiles({ fileSystem, layout, root, signal }: CompareOptions): Promise<string[]> {
  if ((await statOf(fileSystem, root))?.kind !== 'directory') return [];
  const named = new Set(layout.manifest.files.map(({ path }) => foldPath(path)));
  const paths = await listPayload(fileSystem, root, { ...(signal && { signal }) });
  return paths.filter((path) => !path.endsWith('/') && !named.has(foldPath(path))).sort();
}
