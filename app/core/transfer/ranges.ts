import { absolutePath } from '../base/index.ts';
import type { ManifestLayout } from '../protocol/index.ts';
import type { Range } from './scheduler.ts';
import type { FetchRequest, FileWrite } from './types.ts';

/** A range of blocks as a lane fetches it: what to ask the peer, and where each block goes. Pure. */
export function toFetchRequest(
  { peerId, firstBlock, count }: Pick<Range, 'peerId' | 'firstBlock' | 'count'>,
  { layout, manifestRoot, gameRoot }: { layout: ManifestLayout; manifestRoot: string; gameRoot: string },
): FetchRequest {
  const { manifest } = layout;
  const first = layout.place(firstBlock);
  const files: { path: string; sizeBytes: number; blocks: FileWrite['blocks'][number][] }[] = [];
  let current = -1;
  for (let block = firstBlock; block < firstBlock + count; block += 1) {
    const { fileIndex, offsetBytes, lengthBytes, hash } = layout.place(block);
    const file = manifest.files[fileIndex];
    if (!file) throw new RangeError(`no file ${fileIndex}`);
    if (fileIndex !== current)
      files.push({ path: absolutePath(gameRoot, file.path), sizeBytes: file.size, blocks: [] });
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
