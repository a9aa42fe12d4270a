import { dirname } from 'node:path';
import { isAbort, LanspreadError, toLanspreadError, untilAborted } from '../base/index.ts';
import { decodeManifest, ManifestLayout } from '../protocol/index.ts';
import type { DownloadContext } from './context.ts';
import { discardPayload } from '../game-folder/index.ts';
import { fetchMissing, forgetPartial } from './fetch-missing.ts';
import { KnownPayload, pathsOf } from '../game-folder/index.ts';
import { assertSafeWay } from './preflight.ts';
import { findPresentBlocks } from './present-blocks.ts';
import { resolveManifest, type ResolveRequest, type StillReading } from '../manifests/index.ts';
import { sweepSentinelTransients } from '../game-folder/index.ts';
import { hasSentinel, settleDownload } from './settle.ts';
import { statOf } from '../base/index.ts';
import { stopKindOf } from './stop.ts';
import type { DownloadListener, DownloadOutcome, DownloadRequest } from './types.ts';

export type { DownloadContext } from './context.ts';

/**
 * Downloads the wanted version into a game folder. Never throws: every end is an outcome. The signal's reason tells
 * whether the download is cancelled (and discarded), paused, or stopped by a shutdown.
 */
export async function download(
  context: DownloadContext,
  request: DownloadRequest,
  { listener, signal }: { listener: DownloadListener; signal: AbortSignal },
): Promise<DownloadOutcome> {
  const { logger } = context;
  const { root } = request;
  try {
    const end = await fetchGame(context, request, { listener, signal });
    if (end.kind !== 'finished') await settleDownload(context, root);
    return end;
  } catch (thrown) {
    if (isAbort(thrown) && signal.aborted) {
      if (stopKindOf(signal) !== 'cancel') {
        await settleDownload(context, root);
        return { kind: 'paused', resumableBytes: keptBytes(context, root) };
      }
      try {
        await discard(context, request);
        return { kind: 'cancelled' };
      } catch (error) {
        logger.error({ root, err: error }, 'a cancelled download could not be deleted');
        return await failed(context, root, error);
      }
    }
    logger.info({ root, err: thrown }, 'a download failed');
    return await failed(context, root, thrown);
  }
}

/** The verified bytes that are kept of a game folder's download. */
export function keptBytes({ state }: Pick<DownloadContext, 'state'>, root: string): number {
  return state.partials.get(root)?.verifiedBytes ?? 0;
}

/**
 * Turns a thrown error into an outcome. It adds how much space is missing, and finds out whether the games folder is
 * gone.
 */
export async function failed(
  context: DownloadContext,
  root: string,
  thrown: unknown,
): Promise<Extract<DownloadOutcome, { kind: 'failed' }>> {
  const error = await explain(context, root, toLanspreadError(thrown));
  await settleDownload(context, root);
  const { code, message, details } = error;
  return { kind: 'failed', code, message, details, resumableBytes: keptBytes(context, root) };
}

async function explain(
  { fileSystem, library, state, logger }: DownloadContext,
  root: string,
  error: LanspreadError,
): Promise<LanspreadError> {
  const partial = state.partials.get(root);
  if (error.code === 'DISK_FULL' && error.details['neededBytes'] === undefined && partial) {
    const { totalBytes } = new ManifestLayout(decodeManifest(partial.manifestBytes));
    const neededBytes = totalBytes - partial.verifiedBytes;
    try {
      const { freeBytes } = await fileSystem.space(dirname(root));
      return new LanspreadError('DISK_FULL', { details: { ...error.details, neededBytes, freeBytes }, cause: error });
    } catch (cause) {
      logger.warn({ root, err: cause }, 'the free space could not be asked for');
      return new LanspreadError('DISK_FULL', { details: { ...error.details, neededBytes }, cause: error });
    }
  }
  if (error.code !== 'IO_ERROR' && error.code !== 'GAMES_DIR_LOST') return error;
  // The disk failed, so its blocks are hashed again before they count.
  if (partial) state.partials.progress(root, { ...partial, unclean: true });
  if (error.code === 'GAMES_DIR_LOST' || (await library.checkFolder())) return error;
  return new LanspreadError('GAMES_DIR_LOST', { cause: error });
}

/**
 * Deletes the files of a download in a game folder, and its record. With a sentinel nothing was changed yet: the
 * payload is complete and stays. Errors: the file system's.
 */
export async function discard(
  context: Pick<DownloadContext, 'state' | 'fileSystem' | 'library'>,
  { gameId, root }: Pick<DownloadRequest, 'gameId' | 'root'>,
): Promise<void> {
  const { state, fileSystem, library } = context;
  const partial = state.partials.get(root);
  // Nothing can be deleted while the drive is away, and a later cancel needs the record.
  if (partial && !(await statOf(fileSystem, dirname(root)))) throw new LanspreadError('GAMES_DIR_LOST');
  if (partial && (await hasSentinel(context, root))) await sweepSentinelTransients(fileSystem, root);
  else if (partial) {
    const named = pathsOf(decodeManifest(partial.manifestBytes));
    const noted = state.payloads.knownPaths(root);
    const known = noted && new KnownPayload(noted);
    const ours = known ? named.filter((path) => known.hasFile(path)) : named;
    await discardPayload(fileSystem, root, ours);
    const deleted = new Set(ours);
    if (known)
      state.payloads.setKnownPaths(
        root,
        known.paths().filter((path) => !deleted.has(path)),
      );
  }
  library.setPartial(gameId, undefined);
  forgetPartial({ state }, root);
}

async function fetchGame(
  context: DownloadContext,
  request: DownloadRequest,
  { listener, signal }: { listener: DownloadListener; signal: AbortSignal },
): Promise<DownloadOutcome> {
  const { peers, fileSystem, hasher, state } = context;
  const { root } = request;
  // Find the manifest first. Nothing on the disk has changed if this fails.
  const { gameId, version, pinnedRoot, chosenRoot, sizeBytes } = request;
  const begun = state.partials.get(root);
  const wanted: ResolveRequest = {
    gameId,
    version,
    pinnedRoot,
    chosenRoot,
    begunRoot: begun?.version === version ? begun.manifestRoot : undefined,
    sizeBytes,
  };
  const onWaiting = (waitsFor: readonly StillReading[]): void => listener.onWaiting?.(waitsFor);
  const resolved = await untilAborted(signal, () => resolveManifest(peers, wanted, { signal, onWaiting }));
  const { hashed } = resolved;
  const layout = new ManifestLayout(hashed.manifest);
  await assertSafeWay(fileSystem, root, hashed.manifest);
  const partial = state.partials.get(root);
  const manifestRoot = hashed.root;
  const present = await findPresentBlocks({ fileSystem, hasher, layout, manifestRoot, root, partial, signal });
  const end = await fetchMissing(context, request, { resolved, layout, ...present }, { listener, signal });
  if (end === 'peers-gone') return { kind: 'peers-gone', resumableBytes: keptBytes(context, root) };
  return { kind: 'finished', manifestRoot, totalBytes: layout.totalBytes };
}
