/** Settles a download, a repair or a cancel that did not finish, without waiting for recovery. */
import type { DownloadContext } from './context.ts';
import { layoutOf, sweepSentinelTransients } from '../game-folder/index.ts';
import { statOf } from '../base/index.ts';

type SettleContext = Pick<DownloadContext, 'state' | 'fileSystem' | 'logger'>;

/** Whether the game folder has a sentinel, so its payload is complete. Errors: the file system's. */
export async function hasSentinel({ fileSystem }: Pick<SettleContext, 'fileSystem'>, root: string): Promise<boolean> {
  return (await statOf(fileSystem, layoutOf(root).sentinel))?.kind === 'file';
}

/**
 * Does now what recovery would do at the next start. With a sentinel the payload is complete, in whatever version, so
 * there is nothing to resume and nothing to delete. Without one the verified blocks stay resumable. If the disk fails,
 * the intent stays for recovery. Never throws.
 */
export async function settleDownload(context: SettleContext, root: string): Promise<void> {
  const { state, fileSystem, logger } = context;
  if (state.intents.get(root)?.kind !== 'Downloading' && !state.partials.get(root)) return;
  try {
    // The folder is away, so its state is unknown; it may come back.
    if (!(await statOf(fileSystem, root))) return;
    const isComplete = await hasSentinel(context, root);
    if (isComplete) state.partials.clear(root);
    await sweepSentinelTransients(fileSystem, root);
    if (state.intents.get(root)?.kind === 'Downloading') state.intents.clear(root);
  } catch (error) {
    logger.warn({ root, err: error }, 'what a download left could not be settled; recovery will');
  }
}
