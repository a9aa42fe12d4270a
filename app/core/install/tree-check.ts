import { absolutePath, isNotFound, throwIfAborted, type SignalOptions } from '../base/index.ts';
import type { RecoveryContext } from './context.ts';
import type { RootLayout } from '../game-folder/index.ts';

/**
 * Whether `local/` is the tree that was complete in staging: every file of the inventory that was written just before
 * the promote is there, byte for byte. The player's own files beside them do not matter.
 */
export async function isTreeOf(
  { fileSystem, state, hashFile }: RecoveryContext,
  { local, staging }: RootLayout,
  { signal }: SignalOptions,
): Promise<boolean> {
  const inventory = state.inventory.get(staging);
  if (inventory.length === 0) return false;
  try {
    for (const { path, sizeBytes } of inventory) {
      throwIfAborted(signal);
      const facts = await fileSystem.lstat(absolutePath(local, path));
      if (facts.kind !== 'file' || facts.sizeBytes !== sizeBytes) return false;
    }
    for (const { path, blake3 } of inventory)
      if ((await hashFile(absolutePath(local, path), { signal })) !== blake3) return false;
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
