import { dirname } from 'node:path';
import {
  isAbort,
  isNotFound,
  LanspreadError,
  throwIfAborted,
  toLanspreadError,
  untilAborted,
  type Clock,
  type FileSystem,
  type Logger,
} from '../base/index.ts';
import { decodeManifest, ManifestLayout } from '../protocol/index.ts';
import type { BlockHasher, HashedManifest, Library } from '../library/index.ts';
import type { PeerNetwork } from '../peers/index.ts';
import type { State } from '../state/index.ts';
import { discardPayload } from './discard.ts';
import { assertRoom, assertSafeWay } from './preflight.ts';
import { applyExecutables, deleteStrayPayload, flushPayload, prepareFiles } from './prepare.ts';
import { findPresentBlocks } from './present-blocks.ts';
import { resolveManifest } from './resolve.ts';
import { Scheduler } from './scheduler.ts';
import { parkSentinel, sweepSentinelTransients, writeSentinel } from './sentinel.ts';
import type { LivePartial } from './serve-gate.ts';
import { stopKindOf } from './stop.ts';
import { transferBlocks } from './transfer-blocks.ts';
import type { DownloadListener, DownloadOutcome, DownloadRequest, Lane } from './types.ts';

export interface DownloadContext {
  readonly peers: Pick<PeerNetwork, 'peers' | 'get' | 'open' | 'onDidConnect' | 'onDidChange' | 'onDidLose'>;
  readonly library: Pick<Library, 'refresh' | 'setPartial' | 'adopt'>;
  readonly hasher: Pick<BlockHasher, 'checkBlocks'>;
  readonly state: Pick<State, 'intents' | 'partials' | 'transaction'>;
  readonly fileSystem: FileSystem;
  readonly lanes: LaneChoice;
  /** What is being downloaded right now, for the serve gate. */
  readonly live: Map<string, LivePartial>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Which road to take to a peer. */
export interface LaneChoice {
  of(peerId: string): Lane;
  /** The road failed; tells whether another one is taken from now on. */
  onFailed(peerId: string, lane: Lane): boolean;
}

/**
 * Brings a game root to the wanted version. Never throws: every end is an outcome. The signal's reason says whether the
 * download is cancelled (and discarded), paused, or broken off by a shutdown.
 */
export async function download(
  context: DownloadContext,
  request: DownloadRequest,
  { listener, signal }: { listener: DownloadListener; signal: AbortSignal },
): Promise<DownloadOutcome> {
  const { state, fileSystem, logger } = context;
  const { root } = request;
  try {
    return await fetchGame(context, request, { listener, signal });
  } catch (thrown) {
    if (isAbort(thrown) && signal.aborted) {
      if (stopKindOf(signal) !== 'cancel') return { kind: 'paused', resumableBytes: keptBytes(context, root) };
      try {
        await discard({ state, fileSystem, library: context.library }, request);
        return { kind: 'cancelled' };
      } catch (error) {
        logger.error({ root, err: error }, 'a cancelled download could not be deleted');
        return failed(context, root, toLanspreadError(error));
      }
    }
    const error = toLanspreadError(thrown);
    logger.info({ root, err: error }, 'a download failed');
    return failed(context, root, error);
  }
}

function keptBytes({ state }: Pick<DownloadContext, 'state'>, root: string): number {
  return state.partials.get(root)?.verifiedBytes ?? 0;
}

function failed(context: DownloadContext, root: string, error: LanspreadError): DownloadOutcome {
  const { code, message, details } = error;
  return { kind: 'failed', code, message, details, resumableBytes: keptBytes(context, root) };
}

/** Deletes what a download left in a root, and its record. Errors: the file system's. */
export async function discard(
  { state, fileSystem, library }: Pick<DownloadContext, 'state' | 'fileSystem' | 'library'>,
  { gameId, root }: Pick<DownloadRequest, 'gameId' | 'root'>,
): Promise<void> {
  const partial = state.partials.get(root);
  if (partial) await discardPayload(fileSystem, root, decodeManifest(partial.manifestBytes));
  library.setPartial(gameId, undefined);
  forget({ state }, root);
}

function forget({ state }: Pick<DownloadContext, 'state'>, root: string): void {
  state.transaction(() => {
    state.partials.clear(root);
    if (state.intents.get(root)?.kind === 'Downloading') state.intents.clear(root);
  });
}

async function fetchGame(
  context: DownloadContext,
  request: DownloadRequest,
  { listener, signal }: { listener: DownloadListener; signal: AbortSignal },
): Promise<DownloadOutcome> {
  const { peers, fileSystem, hasher, state, library } = context;
  const { gameId, version, root } = request;

  // Resolve and agree. Nothing on disk has changed when this fails.
  const resolved = await untilAborted(signal, () => resolveManifest(peers, request, signal));
  const { hashed } = resolved;
  const layout = new ManifestLayout(hashed.manifest);

  // Preflight.
  await assertSafeWay(fileSystem, root, hashed.manifest);
  const partial = state.partials.get(root);
  const { verified, allocatedBytes } = await findPresentBlocks({
    fileSystem,
    hasher,
    layout,
    manifestRoot: hashed.root,
    root,
    partial,
    signal,
  });
  const scheduler = new Scheduler({ layout, verified });
  const verifiedBytes = layout.totalBytes - scheduler.missingBytes;
  await assertRoom(fileSystem, dirname(root), {
    missingBytes: scheduler.missingBytes,
    allocatedBytes: Math.max(0, allocatedBytes - verifiedBytes),
    unpackedBytes: request.willInstall ? (request.unpackedSizeBytes ?? 0) : 0,
  });
  throwIfAborted(signal);

  // Begin: from here on the disk changes and the intent says so.
  const madeRoot = !(await exists(fileSystem, root));
  state.transaction(() => {
    state.partials.put({
      root,
      gameId,
      version,
      manifestRoot: hashed.root,
      manifestBytes: hashed.bytes,
      executables: hashed.executables,
      bitmap: verified.toBytes(),
      verifiedBytes,
      unclean: true,
      install: request.willInstall,
    });
    state.intents.put({ root, gameId, kind: 'Downloading', version, madeRoot, startedAt: context.clock.now() });
  });
  await fileSystem.makeDirectory(root);
  await parkSentinel(fileSystem, root);
  await library.refresh(gameId);
  await prepareFiles(fileSystem, root, { manifest: hashed.manifest, isNew: madeRoot, signal });
  context.live.set(gameId, { manifestRoot: hashed.root, gameRoot: root, layout, verified });
  library.setPartial(gameId, { version, manifestRoot: hashed.root, sizeBytes: layout.totalBytes });
  try {
    const blocks = { resolved, layout, scheduler, verifiedBytes, listener, signal };
    const end = await transferBlocks(context, request, blocks);
    if (end.kind === 'peers-gone') return { kind: 'peers-gone', resumableBytes: keptBytes(context, root) };
    if (end.kind === 'no-sound-source') throw noSoundSource(layout, end.strike);
    await commit(context, request, hashed);
  } finally {
    context.live.delete(gameId);
  }
  return { kind: 'finished', manifestRoot: hashed.root, totalBytes: layout.totalBytes };
}

/** Everything is verified: makes the root what the sentinel then says it is. */
async function commit(
  context: DownloadContext,
  { gameId, root }: DownloadRequest,
  hashed: HashedManifest,
): Promise<void> {
  const { fileSystem, library, state } = context;
  await deleteStrayPayload(fileSystem, root, hashed.manifest);
  await applyExecutables(fileSystem, root, hashed);
  await flushPayload(fileSystem, root, hashed.manifest);
  await library.adopt(gameId, hashed);
  await writeSentinel(fileSystem, root, hashed.manifest.sentinel);
  await sweepSentinelTransients(fileSystem, root);
  forget({ state }, root);
  library.setPartial(gameId, undefined);
}

function noSoundSource(layout: ManifestLayout, { peerId, block }: { peerId: string; block: number }): LanspreadError {
  const { fileIndex, blockInFile } = layout.place(block);
  const file = layout.manifest.files[fileIndex]?.path ?? '';
  return new LanspreadError('NO_SOUND_SOURCE', {
    message: `Block ${blockInFile} of ${file} arrives damaged from ${peerId}, and nobody else has it.`,
    details: { peerId, file, block: blockInFile },
  });
}

async function exists(fileSystem: FileSystem, path: string): Promise<boolean> {
  try {
    await fileSystem.lstat(path);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
