import { blake3Hex } from '../base/index.ts';
import { comparePaths } from '../protocol/index.ts';
import type { InventoryFile } from '../state/index.ts';

/**
 * One hash for everything that an install produced: the BLAKE3 of the canonical list of its files, sorted by path in
 * code-unit order. A catalog may name it (`installedRoot`), so that a streamed install need not trust its sender.
 */
export function installedRootOf(files: readonly InventoryFile[]): string {
  const listed = files
    .toSorted((a, b) => comparePaths(a.path, b.path))
    .map(({ path, sizeBytes, blake3 }) => ({ path, size: sizeBytes, blake3 }));
  return blake3Hex(JSON.stringify({ files: listed }));
}
