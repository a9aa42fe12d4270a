import { absolutePath, Bitmap, type FileSystem, type SignalOptions } from '../base/index.ts';
import type { BlockHasher } from '../library/index.ts';
import type { ManifestFile, ManifestLayout } from '../protocol/index.ts';
import type { Partial } from '../state/index.ts';
import { forEachParallel } from '../base/index.ts';
import { sealFiles } from './files-seal.ts';
import { statOf } from '../base/index.ts';

/** Blocks per call of the hasher: 1 GiB. */
const groupBlocks = 256;

interface PresentBlocksOptions extends SignalOptions {
  fileSystem: FileSystem;
  hasher: Pick<BlockHasher, 'checkBlocks'>;
  layout: ManifestLayout;
  manifestRoot: string;
  root: string;
  /** The record of an earlier download in this game folder. */
  partial: Partial | undefined;
}

interface PresentBlocks {
  readonly verified: Bitmap;
  /** Bytes that the disk has allocated for the manifest's files, at most each file's size. */
  readonly allocatedBytes: number;
}

/**
 * Finds the blocks that are here already. A clean record of the same manifest is trusted if nobody has touched the
 * files since. Otherwise, also after a crash, its claimed blocks are hashed again. Without a record all files at the
 * manifest's paths are hashed.
 */
export async function findPresentBlocks(options: PresentBlocksOptions): Promise<PresentBlocks> {
  const { fileSystem, layout, manifestRoot, root, partial, signal } = options;
  const record = partial?.manifestRoot === manifestRoot ? partial : undefined;
  const claimed = record && new Bitmap(layout.blockCount, record.bitmap);
  const verified = new Bitmap(layout.blockCount);
  let allocatedBytes = 0;
  const seal =
    record && !record.unclean
      ? await sealFiles(fileSystem, root, { manifest: layout.manifest, ...(signal && { signal }) })
      : undefined;
  const isUntouched = seal !== undefined && seal === record?.seal;
  if (!(await statOf(fileSystem, root))) return { verified, allocatedBytes };
  const look = async (file: ManifestFile, fileIndex: number): Promise<void> => {
    if (file.blocks.length === 0) return;
    const path = absolutePath(root, file.path);
    const stat = await statOf(fileSystem, path);
    if (stat?.kind !== 'file') return;
    allocatedBytes += Math.min(stat.allocatedBytes, file.size);
    const isBelieved = isUntouched && stat.sizeBytes === file.size;
    const { sizeBytes } = stat;
    await addBlocks(options, { fileIndex, path, sizeBytes, claimed, isBelieved, verified });
  };
  await forEachParallel(layout.manifest.files, look, { signal });
  return { verified, allocatedBytes };
}

interface FileFacts {
  fileIndex: number;
  path: string;
  sizeBytes: number;
  claimed: Bitmap | undefined;
  isBelieved: boolean;
  verified: Bitmap;
}

/** Adds the sound blocks of one file, a bounded number at a time. */
async function addBlocks(
  { hasher, layout, signal }: PresentBlocksOptions,
  { fileIndex, path, sizeBytes, claimed, isBelieved, verified }: FileFacts,
): Promise<void> {
  const first = layout.firstBlockOf(fileIndex);
  const end = first + (layout.manifest.files[fileIndex]?.blocks.length ?? 0);
  for (let from = first; from < end; from += groupBlocks) {
    const candidates: { block: number; offsetBytes: number; lengthBytes: number; hash: string }[] = [];
    for (let block = from; block < Math.min(end, from + groupBlocks); block += 1) {
      if (claimed && !claimed.has(block)) continue;
      const { offsetBytes, lengthBytes, hash } = layout.place(block);
      if (isBelieved) verified.add(block);
      else if (offsetBytes + lengthBytes <= sizeBytes) candidates.push({ block, offsetBytes, lengthBytes, hash });
    }
    if (candidates.length === 0) continue;
    const sound = await hasher.checkBlocks(path, candidates, { ...(signal && { signal }) });
    for (const [index, { block }] of candidates.entries()) if (sound[index]) verified.add(block);
  }
}
