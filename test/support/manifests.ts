/** Manifests made of sizes alone, for deciders that never look at a disk. */
import { parseGameId, parsePath } from '../../app/core/base/index.ts';
import { blockCountOf, blockSizeBytes, ManifestLayout, type Manifest } from '../../app/core/protocol/index.ts';

/** One file of each size; the hashes are all the same and fit nothing. */
export function manifestOfSizes(sizes: readonly number[], folder = ''): Manifest {
  const hash = '0'.repeat(64);
  return {
    id: parseGameId('game'),
    version: '1',
    sentinel: '1',
    blockSize: blockSizeBytes,
    directories: [],
    files: sizes.map((size, index) => ({
      path: parsePath(`${folder}file-${String(index).padStart(6, '0')}.bin`, { atGameRoot: true }),
      size,
      blocks: Array.from({ length: blockCountOf(size) }, () => hash),
    })),
  };
}

export function layoutOfSizes(sizes: readonly number[]): ManifestLayout {
  return new ManifestLayout(manifestOfSizes(sizes));
}
