/** The transfer of a download's missing blocks, with its samples, its stored bitmap and the peers that come and go. */
import type { ManifestLayout } from '../protocol/index.ts';
import type { Peer } from '../peers/index.ts';
import type { DownloadContext } from './context.ts';
import { ProgressMeter, progressPeriodMs } from './progress.ts';
import { askRoot, type Resolved } from './resolve.ts';
import type { Scheduler } from './scheduler.ts';
import { TransferRun, type TransferEnd } from './transfer-run.ts';
import type { DownloadListener, DownloadRequest } from './types.ts';

/** How often the bitmap is stored while blocks arrive, in milliseconds. */
const storePeriodMs = 1_000;

export interface BlocksOptions {
  resolved: Resolved;
  layout: ManifestLayout;
  scheduler: Scheduler;
  verifiedBytes: number;
  listener: DownloadListener;
  signal: AbortSignal;
}

/** Errors: faults of this PC, `CANCELLED`, `SHUTTING_DOWN`; what is verified by then is stored. */
export async function transferBlocks(
  context: DownloadContext,
  request: DownloadRequest,
  { resolved, layout, scheduler, verifiedBytes, listener, signal }: BlocksOptions,
): Promise<TransferEnd> {
  const { clock, state, peers, lanes, logger } = context;
  const { root } = request;
  const { hashed } = resolved;
  const totalBytes = layout.totalBytes;
  const meter = new ProgressMeter({ totalBytes, verifiedBytes, nowMs: clock.monotonicMs() });
  const run = new TransferRun({
    scheduler,
    layout,
    manifestRoot: hashed.root,
    gameRoot: root,
    laneOf: (peerId) => lanes.of(peerId),
    onLaneFailed: (peerId, lane) => lanes.onFailed(peerId, lane),
    meter,
    listener,
    clock,
    logger,
  });
  const store = (unclean: boolean): void => {
    const bitmap = scheduler.verified.toBytes();
    try {
      state.partials.progress(root, { bitmap, verifiedBytes: meter.verifiedBytes, unclean });
    } catch (error) {
      // The record stays behind the disk and says that it is not clean: the next resume hashes again.
      logger.warn({ root, err: error }, 'the state of a download could not be stored');
    }
  };
  const sample = (): void => listener.onProgress(meter.sample(clock.monotonicMs(), scheduler.activePeers));
  const joining = new AbortController();
  using stack = new DisposableStack();
  stack.defer(() => joining.abort());
  const consider = (peer: Peer): void =>
    void considerPeer(context, peer, { request, root: hashed.root, run, signal: joining.signal });
  stack.use(peers.onDidConnect(consider));
  stack.use(peers.onDidChange(consider));
  stack.use(peers.onDidLose(({ peerId }) => run.removePeer(peerId)));
  for (const peerId of resolved.peers) if (peers.get(peerId)) scheduler.putPeer(peerId, 'all');
  // Whoever came, or answered, too late for the vote.
  for (const peer of peers.peers()) consider(peer);

  listener.onBegin({ totalBytes, manifestRoot: hashed.root, peers: resolved.peers });
  sample();
  stack.use(clock.interval(sample, progressPeriodMs));
  let storedBytes = meter.verifiedBytes;
  const storeIfNew = (): void => {
    if (storedBytes === meter.verifiedBytes) return;
    storedBytes = meter.verifiedBytes;
    store(true);
  };
  stack.use(clock.interval(storeIfNew, storePeriodMs));
  try {
    const end = await run.run(signal);
    sample();
    return end;
  } finally {
    store(false);
  }
}

/** A peer that came or changed while the download runs takes part when it holds the same content. */
async function considerPeer(
  { peers, logger }: Pick<DownloadContext, 'peers' | 'logger'>,
  { peerId, games }: Peer,
  { request, root, run, signal }: { request: DownloadRequest; root: string; run: TransferRun; signal: AbortSignal },
): Promise<void> {
  const summary = games.get(request.gameId);
  const isReady = summary?.availability === 'Ready' && summary.version === request.version;
  if (!isReady || (summary.root !== undefined && summary.root !== root)) {
    run.removePeer(peerId);
    return;
  }
  if (run.has(peerId)) return;
  try {
    const held = summary.root ?? (await askRoot(peers, peerId, { request, signal }));
    // It may have gone while it was asked.
    if (held === root && !signal.aborted && peers.get(peerId)) run.putPeer(peerId);
  } catch (error) {
    if (!signal.aborted) logger.debug({ peerId, err: error }, 'a peer that came later does not take part');
  }
}
