import type { InstallContext } from './context.ts';
import { layoutOf } from '../game-folder/index.ts';
import { deleteUntilGone, exists } from './staging.ts';

/** Deletes the root of a download: the part of a removal that recovery repeats. */
export async function finishRemoving({ fileSystem }: Pick<InstallContext, 'fileSystem'>, root: string): Promise<void> {
  const { sentinel } = layoutOf(root);
  if (await exists(fileSystem, sentinel)) {
    await fileSystem.deleteFile(sentinel);
    await fileSystem.syncDirectory(root);
  }
  await deleteUntilGone(fileSystem, root);
}
