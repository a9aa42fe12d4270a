/** Transfers a download's missing blocks: progress samples, the stored bitmap, and peers that come and go. */
import type { ManifestLayout } from '../protocol/index.ts';
import type { DownloadContext } from './context.ts';
import { sealFiles } from './files-seal.ts';
import { FlushAhead } from './flush-ahead.ts';
import { ProgressMeter, progressPeriodMs } from './progress.ts';
import type { LivePartial } from './live-partial.ts';
import type { Resolved } from '../manifests/index.ts';
import type { Scheduler } from './schedule/scheduler.ts';
import { SourceWatch } from './source-watch.ts';
import { TransferRun, type TransferEnd } from './transfer-run.ts';
import type { DownloadListener, DownloadRequest } from './types.ts';

/** How often the bitmap is stored while blocks arrive, in milliseconds. */
const storePeriodMs = 1_000;

interface BlocksOptions {
  resolved: Resolved;
  layout: ManifestLayout;
  scheduler: Scheduler;
  /** The part of the download that other peers hear of. */
  live: LivePartial;
  verifiedBytes: number;
  listener: DownloadListener;
  signal: AbortSignal;
}

/** Errors: faults of this PC, `CANCELLED`, `SHUTTING_DOWN`. The blocks verified by then are stored. */
export async function transferBlocks(
  context: DownloadContext,
  request: DownloadRequest,
  { resolved, layout, scheduler, live, verifiedBytes, listener, signal }: BlocksOptions,
): Promise<TransferEnd> {
  const { clock, state, peers, lanes, logger, fileSystem } = context;
  const { root } = request;
  const { hashed } = resolved;
  const totalBytes = layout.totalBytes;
  /** Peers that know these files by another manifest hash. */
  const rootOf = new Map(resolved.rootOf);
  const meter = new ProgressMeter({ totalBytes, verifiedBytes, nowMs: clock.monotonicMs() });
  using flushAhead = new FlushAhead({ fileSystem, root, layout, logger });
  const run = new TransferRun({
    scheduler,
    layout,
    rootOf: (peerId) => rootOf.get(peerId) ?? hashed.root,
    gameRoot: root,
    laneOf: (peerId) => lanes.of(peerId),
    onLaneFailed: (peerId, lane) => lanes.onFailed(peerId, lane),
    meter,
    onVerified: (block) => {
      live.onVerified(block);
      flushAhead.onWritten(block);
    },
    listener,
    clock,
    logger,
  });
  const store = (unclean: boolean, seal?: string): void => {
    const bitmap = scheduler.verified.toBytes();
    try {
      state.partials.progress(root, {
        bitmap,
        verifiedBytes: meter.verifiedBytes,
        unclean,
        ...(seal !== undefined && { seal }),
      });
    } catch (error) {
      // The stored record is now older than the disk, but it is marked unclean: the next resume hashes again.
      logger.warn({ root, err: error }, 'the state of a download could not be stored');
    }
  };
  const sample = (): void => listener.onProgress(meter.sample(clock.monotonicMs(), scheduler.activePeers));
  const sources = new SourceWatch(context, { request, layout, manifestRoot: hashed.root, rootOf, run });
  using stack = new DisposableStack();
  stack.use(sources);
  stack.use(peers.onDidConnect((peer) => sources.consider(peer)));
  stack.use(peers.onDidChange((peer) => sources.consider(peer)));
  stack.use(peers.onDidLose(({ peerId }) => sources.lose(peerId)));
  for (const peerId of resolved.peers) if (peers.get(peerId)) scheduler.putPeer(peerId, 'all');
  // Called before the first range is asked for: if the listener throws, nothing is left running.
  listener.onBegin({ totalBytes, manifestRoot: hashed.root, peers: resolved.peers });
  // Also consider peers that came or answered too late for the vote, and peers that still fetch.
  for (const peer of peers.peers()) sources.consider(peer);

  sample();
  stack.use(clock.interval(sample, progressPeriodMs));
  let storedBytes = meter.verifiedBytes;
  const storeIfNew = (): void => {
    if (storedBytes === meter.verifiedBytes) return;
    storedBytes = meter.verifiedBytes;
    store(true);
  };
  stack.use(clock.interval(storeIfNew, storePeriodMs));
  const storeToResume = async (): Promise<void> => {
    let seal: string | undefined;
    try {
      seal = await sealFiles(fileSystem, root, { manifest: layout.manifest });
    } catch (error) {
      logger.warn({ root, err: error }, 'the files of a download could not be looked at; a resume hashes them again');
    }
    store(seal === undefined || flushAhead.hasFailed, seal);
  };
  let isDone = false;
  try {
    const end = await run.run(signal);
    isDone = end.kind === 'done';
    if (isDone) await flushAhead.finish();
    return end;
  } finally {
    // The last sample always shows the final state.
    sample();
    // No more blocks are written. A complete download is resumed only if the disk fails at the very end, so it is
    // stored as unclean.
    if (isDone) store(true);
    else await storeToResume();
  }
}
