import { absolutePath, type Bitmap } from '../base/index.ts';
import type { ManifestLayout } from '../protocol/index.ts';
import type { Range } from './schedule/running-ranges.ts';
import type { FetchRequest, FileWrite } from '../lanes/index.ts';

/** Turns a range into a lane's request: what to ask of the peer, and where each block goes. Pure. */
export function toFetchRequest(
  { peerId, firstBlock, count }: Pick<Range, 'peerId' | 'firstBlock' | 'count'>,
  {
    layout,
    manifestRoot,
    gameRoot,
    verified,
  }: { layout: ManifestLayout; manifestRoot: string; gameRoot: string; verified: Bitmap },
): FetchRequest {
  const { manifest } = layout;
  const first = layout.place(firstBlock);
  const files: (Omit<FileWrite, 'blocks'> & { blocks: FileWrite['blocks'][number][] })[] = [];
  let current = -1;
  for (let block = firstBlock; block < firstBlock + count; block += 1) {
    const { fileIndex, offsetBytes, lengthBytes, hash } = layout.place(block);
    const file = manifest.files[fileIndex];
    if (!file) throw new RangeError(`no file ${fileIndex}`);
    if (fileIndex !== current) {
      const isBegun = hasAnyBlock(layout, verified, fileIndex);
      files.push({ path: absolutePath(gameRoot, file.path), sizeBytes: file.size, isBegun, blocks: [] });
    }
    current = fileIndex;
    files.at(-1)?.blocks.push({ block, offsetBytes, lengthBytes, hash });
  }
  const file = manifest.files[first.fileIndex]?.path ?? '';
  return {
    peerId,
    request: { op: 'blocks', id: manifest.id, root: manifestRoot, file, from: first.blockInFile, count },
    files,
  };
}

/** Whether any block of this file of the manifest is here and sound. Pure. */
export function hasAnyBlock(layout: ManifestLayout, verified: Bitmap, fileIndex: number): boolean {
  return blocksOfFile(layout, fileIndex).some((block) => verified.has(block));
}

/** Whether all blocks of the file are here and sound. Pure. */
export function hasEveryBlock(layout: ManifestLayout, verified: Bitmap, fileIndex: number): boolean {
  return blocksOfFile(layout, fileIndex).every((block) => verified.has(block));
}

function blocksOfFile(layout: ManifestLayout, fileIndex: number): number[] {
  const first = layout.firstBlockOf(fileIndex);
  return Array.from({ length: layout.manifest.files[fileIndex]?.blocks.length ?? 0 }, (_, index) => first + index);
}
