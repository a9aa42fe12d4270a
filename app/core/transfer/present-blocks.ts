import { absolutePath, Bitmap, isNotFound, type FileSystem, type SignalOptions } from '../base/index.ts';
import type { BlockHasher } from '../library/index.ts';
import type { ManifestLayout } from '../protocol/index.ts';
import type { Partial } from '../state/index.ts';

export interface PresentBlocksOptions extends SignalOptions {
  fileSystem: FileSystem;
  hasher: Pick<BlockHasher, 'checkBlocks'>;
  layout: ManifestLayout;
  manifestRoot: string;
  root: string;
  /** What an earlier download of this root recorded. */
  partial: Partial | undefined;
}

export interface PresentBlocks {
  readonly verified: Bitmap;
  /** Bytes that the files at the manifest's places take on disk, up to their size there. */
  readonly allocatedBytes: number;
}

/**
 * Which blocks are here already. A clean record of the same manifest is believed as far as the files are there; after a
 * crash what it claims is hashed again; without a record whatever lies at the manifest's places is hashed.
 */
export async function findPresentBlocks(options: PresentBlocksOptions): Promise<PresentBlocks> {
  const { fileSystem, hasher, layout, manifestRoot, root, partial, signal } = options;
  const record = partial?.manifestRoot === manifestRoot ? partial : undefined;
  const claimed = record && new Bitmap(layout.blockCount, record.bitmap);
  const verified = new Bitmap(layout.blockCount);
  let allocatedBytes = 0;
  for (const [fileIndex, file] of layout.manifest.files.entries()) {
    if (file.blocks.length === 0) continue;
    const path = absolutePath(root, file.path);
    const stat = await fileSystem.lstat(path).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    if (stat?.kind !== 'file') continue;
    allocatedBytes += Math.min(stat.allocatedBytes, file.size);
    const first = layout.firstBlockOf(fileIndex);
    const candidates = file.blocks.map((_, index) => first + index).filter((block) => claimed?.has(block) ?? true);
    if (record && !record.unclean && stat.sizeBytes === file.size) {
      for (const block of candidates) verified.add(block);
      continue;
    }
    const places = candidates
      .map((block) => layout.place(block))
      .filter((place) => place.offsetBytes + place.lengthBytes <= stat.sizeBytes);
    const sound = await hasher.checkBlocks(path, places, { ...(signal && { signal }) });
    for (const [index, place] of places.entries()) if (sound[index]) verified.add(first + place.blockInFile);
  }
  return { verified, allocatedBytes };
}
