/**
 * The second half of a download or a repair, once the manifest and the present blocks are known: begin, transfer,
 * commit.
 */
import { dirname } from 'node:path';
import { LanspreadError, throwIfAborted, type Bitmap } from '../base/index.ts';
import type { ManifestLayout } from '../protocol/index.ts';
import type { HashedManifest } from '../library/index.ts';
import type { DownloadContext } from './context.ts';
import { KnownPayload, pathsOf, takeStock } from '../game-folder/index.ts';
import { LivePartial } from './live-partial.ts';
import { clearSentinelNames, makeWay } from '../game-folder/index.ts';
import { assertFilesFit, assertRoom } from './preflight.ts';
import { applyExecutables, deleteStrayPayload, flushPayload, prepareFiles } from './prepare.ts';
import { hasAnyBlock, hasEveryBlock } from './ranges.ts';
import type { Resolved } from '../manifests/index.ts';
import { Scheduler } from './schedule/scheduler.ts';
import { parkSentinel, sweepSentinelTransients, writeSentinel } from '../game-folder/index.ts';
import { hasSentinel, settleDownload } from './settle.ts';
import { statOf } from '../base/index.ts';
import { transferBlocks } from './transfer-blocks.ts';
import type { DownloadListener, DownloadRequest } from './types.ts';

interface FetchPlan {
  readonly resolved: Resolved;
  readonly layout: ManifestLayout;
  /** Blocks that are here and sound. Blocks that arrive are added. */
  readonly verified: Bitmap;
  /** Bytes that the disk has allocated for the manifest's files. */
  readonly allocatedBytes: number;
  /** Set by a repair: beside a complete payload, files that the manifest does not name stay. */
  readonly keepsOthers?: boolean;
}

type Run = { listener: DownloadListener; signal: AbortSignal };

/**
 * Makes a game folder match the plan's manifest. Tells whether it is complete or all peers left. Errors: `DISK_FULL`,
 * `GAMES_DIR_LOST` (nothing changed), `NO_SOUND_SOURCE`, faults of this PC, `CANCELLED`, `SHUTTING_DOWN`. Blocks that
 * are verified by then are kept and recorded.
 */
export async function fetchMissing(
  context: DownloadContext,
  request: DownloadRequest,
  plan: FetchPlan,
  { listener, signal }: Run,
): Promise<'complete' | 'peers-gone'> {
  const { resolved, layout, verified } = plan;
  const { hashed } = resolved;
  const scheduler = new Scheduler({ layout, verified, self: context.peers.peerId });
  const verifiedBytes = layout.totalBytes - scheduler.missingBytes;
  await assertRoom(context.fileSystem, dirname(request.root), {
    missingBytes: scheduler.missingBytes,
    allocatedBytes: Math.max(0, plan.allocatedBytes - verifiedBytes),
    unpackedBytes: request.willInstall ? (request.unpackedSizeBytes ?? 0) : 0,
  });
  await assertFilesFit(context.fileSystem, dirname(request.root), hashed.manifest);
  throwIfAborted(signal);
  const setAside = await begin(context, request, { ...plan, verifiedBytes, signal });
  const { gameId, version, root } = request;
  const live = new LivePartial({
    manifestRoot: hashed.root,
    gameRoot: root,
    layout,
    verified,
    claims: () => scheduler.claims(),
  });
  context.live.set(gameId, live);
  context.library.setPartial(gameId, { version, manifestRoot: hashed.root, sizeBytes: layout.totalBytes });
  try {
    const telling: DownloadListener = {
      onBegin: (facts) => listener.onBegin({ ...facts, ...(setAside.length > 0 && { setAside }) }),
      onProgress: (sample) => listener.onProgress(sample),
      onBlocksVerified: (facts) => listener.onBlocksVerified(facts),
      onPeerStruck: (facts) => listener.onPeerStruck(facts),
    };
    const blocks = { resolved, layout, scheduler, live, verifiedBytes, listener: telling, signal };
    const end = await transferBlocks(context, request, blocks);
    if (end.kind === 'peers-gone') return 'peers-gone';
    if (end.kind === 'no-sound-source') throw noSoundSource(layout, end.strike);
    await commit(context, request, hashed);
    return 'complete';
  } finally {
    context.live.delete(gameId);
    live.end();
    // A download that has stopped is not shared any more.
    context.library.setPartial(gameId, undefined);
  }
}

/** The disk changes from here on; the intent is written first. Returns the paths that were set aside. */
async function begin(
  context: DownloadContext,
  request: DownloadRequest,
  {
    resolved: { hashed },
    layout,
    verified,
    verifiedBytes,
    keepsOthers = false,
    signal,
  }: FetchPlan & { verifiedBytes: number; signal: AbortSignal },
): Promise<string[]> {
  const { state, fileSystem, library, clock } = context;
  const { gameId, version, root } = request;
  const { manifest } = hashed;
  // Creating the game folder would also create a games folder that has vanished.
  if (!(await statOf(fileSystem, dirname(root)))) throw new LanspreadError('GAMES_DIR_LOST');
  await context.settleRoot?.({ root, gameId }, { signal });
  const madeRoot = !(await statOf(fileSystem, root));
  // An unfinished download may still hold our files of another version. Without a sentinel, all files are checked.
  const keepsOthersHere = keepsOthers && (await hasSentinel(context, root));
  const known = madeRoot
    ? new KnownPayload([])
    : keepsOthersHere
      ? new KnownPayload(pathsOf(manifest))
      : await takeStock(context, root, { signal });
  state.transaction(() => {
    if (madeRoot) state.payloads.clear(root);
    // Noted before the old sentinel goes: the sentinel is the proof that all these files are ours.
    state.payloads.setKnownPaths(root, known.paths());
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
    state.intents.put({ root, gameId, kind: 'Downloading', version, madeRoot, startedAt: clock.now() });
  });
  await fileSystem.makeDirectory(root, { within: dirname(root) });
  const nowMs = clock.now();
  const hasSoundBlock = (fileIndex: number): boolean => hasAnyBlock(layout, verified, fileIndex);
  const setAside = madeRoot ? [] : await clearSentinelNames(fileSystem, root, { nowMs });
  await parkSentinel(fileSystem, root);
  await library.refresh(gameId);
  if (!madeRoot) setAside.push(...(await makeWay(fileSystem, root, { manifest, known, hasSoundBlock, nowMs, signal })));
  if (setAside.length > 0) context.logger.warn({ root, setAside }, 'files that are not ours were set aside');
  // From now on the files at the manifest's paths are ours.
  state.payloads.setKnownPaths(root, known.with(manifest).paths());
  const isWhole = (fileIndex: number): boolean => hasEveryBlock(layout, verified, fileIndex);
  await prepareFiles(fileSystem, root, { manifest, isNew: madeRoot, isWhole, signal });
  return setAside;
}

/** Everything is verified: finishes the game folder and writes the sentinel. */
async function commit(
  context: DownloadContext,
  { gameId, root, version }: DownloadRequest,
  hashed: HashedManifest,
): Promise<void> {
  const { fileSystem, library, state } = context;
  const { manifest } = hashed;
  const known = new KnownPayload(state.payloads.knownPaths(root) ?? []);
  await deleteStrayPayload(fileSystem, root, { manifest, known });
  await applyExecutables(fileSystem, root, hashed);
  await flushPayload(fileSystem, root, manifest);
  // Repeated on purpose: if the games folder was away for a moment, every file looked deleted. The flush proved that it
  // is back.
  await deleteStrayPayload(fileSystem, root, { manifest, known });
  await library.adopt(gameId, hashed);
  state.transaction(() => {
    state.payloads.setKnownPaths(root, pathsOf(manifest));
    const { root: manifestRoot, bytes: manifestBytes, executables } = hashed;
    state.payloads.setManifest(root, { version, manifestRoot, manifestBytes, executables });
  });
  try {
    await writeSentinel(fileSystem, root, manifest.sentinel);
    await sweepSentinelTransients(fileSystem, root);
  } catch (error) {
    if (!(await hasSentinel(context, root))) throw error;
    // The payload is flushed and the sentinel is there, so no later error makes the download fail.
    context.logger.warn({ root, err: error }, 'the disk failed at the very end of a download');
    return await settleDownload(context, root);
  }
  forgetPartial(context, root);
}

/** Forgets the download of a game folder: nothing of it can be resumed any more. */
export function forgetPartial({ state }: Pick<DownloadContext, 'state'>, root: string): void {
  state.transaction(() => {
    state.partials.clear(root);
    if (state.intents.get(root)?.kind === 'Downloading') state.intents.clear(root);
  });
}

function noSoundSource(layout: ManifestLayout, { peerId, block }: { peerId: string; block: number }): LanspreadError {
  const { fileIndex, blockInFile } = layout.place(block);
  const file = layout.manifest.files[fileIndex]?.path ?? '';
  return new LanspreadError('NO_SOUND_SOURCE', {
    message: `Block ${blockInFile} of ${file} arrives damaged from ${peerId}, and nobody else has it.`,
    details: { peerId, file, block: blockInFile },
  });
}
