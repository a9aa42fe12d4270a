import {
  abortError,
  toLanspreadError,
  type Clock,
  type ErrorCode,
  type IDisposable,
  type LanspreadError,
  type Logger,
} from '../base/index.ts';
import type { ManifestLayout } from '../protocol/index.ts';
import type { BlockRun } from './schedule/block-runs.ts';
import type { ProgressMeter } from './progress.ts';
import { handOut } from './schedule/hand-out.ts';
import { toFetchRequest } from './ranges.ts';
import type { Range } from './schedule/running-ranges.ts';
import type { Scheduler } from './schedule/scheduler.ts';
import type { Strike } from './schedule/wrong-answers.ts';
import type { OwnedBlocks, RangeOutcome } from './schedule/source-peer.ts';
import type { DownloadListener } from './types.ts';
import type { Lane } from '../lanes/index.ts';
import { VerifiedBatch } from './verified-batch.ts';

interface TransferRunOptions {
  readonly scheduler: Scheduler;
  readonly layout: ManifestLayout;
  /** The manifest hash by which a peer knows these files. */
  readonly rootOf: (peerId: string) => string;
  readonly gameRoot: string;
  /** The best lane to a peer. */
  readonly laneOf: (peerId: string) => Lane;
  /** Reports a failed lane; from now on `laneOf` may return another one. Tells whether there is another one. */
  readonly onLaneFailed: (peerId: string, lane: Lane) => boolean;
  readonly meter: ProgressMeter;
  /** A block was verified and counts now. */
  readonly onVerified: (block: number) => void;
  readonly listener: DownloadListener;
  readonly clock: Clock;
  readonly logger: Logger;
}

export type TransferEnd =
  | { readonly kind: 'done' }
  | { readonly kind: 'peers-gone' }
  | { readonly kind: 'no-sound-source'; readonly strike: Strike };

/** How often stalled ranges and paused peers are checked, in milliseconds. */
const reviewMs = 500;

/** Faults of this PC: another peer would not help. */
const ownFaults: ReadonlySet<ErrorCode> = new Set([
  'DISK_FULL',
  'FILE_TOO_LARGE',
  'IO_ERROR',
  'PERMISSION_DENIED',
  'INVALID_PATH',
  'UNSAFE_ROOT',
]);
/** Errors that blame the lane, not the peer. */
const roadFaults: ReadonlySet<ErrorCode> = new Set(['PEER_UNREACHABLE', 'PEER_TIMEOUT']);

/** Fetches the missing blocks. It hands out ranges to free peers until nothing is missing or no peer is left. */
export class TransferRun {
  readonly #options: TransferRunOptions;
  readonly #running = new Map<number, { readonly controller: AbortController; readonly done: Promise<void> }>();
  /** Wakes when a paused peer may be asked again. */
  #wake: IDisposable | undefined;
  readonly #end = Promise.withResolvers<TransferEnd>();
  #isOver = false;

  constructor(options: TransferRunOptions) {
    this.#options = options;
  }

  /** Adds a peer that has everything, or these blocks so far. */
  putPeer(peerId: string, have: OwnedBlocks = 'all'): void {
    const { scheduler } = this.#options;
    scheduler.putPeer(peerId, have);
    this.#beginAnew();
    this.#pump();
  }

  /** A peer that still fetches has verified more, and is fetching `claims` from seeds. */
  updatePeer(peerId: string, news: { added: readonly BlockRun[]; claims: readonly BlockRun[] }): void {
    const { scheduler, clock } = this.#options;
    const concerned = scheduler.updatePeer(peerId, { ...news, nowMs: clock.monotonicMs() });
    this.#beginAnew();
    if (concerned.length > 0) this.#pump(concerned);
  }

  #beginAnew(): void {
    const { scheduler, clock } = this.#options;
    for (const id of scheduler.toBeginAnew(clock.monotonicMs())) this.#running.get(id)?.controller.abort();
  }

  /** A peer is gone: its ranges are handed to others. */
  removePeer(peerId: string): void {
    this.#options.scheduler.removePeer(peerId);
    this.#breakOff(peerId);
    this.#pump();
  }

  /** Asks a peer for nothing more; blocks on their way may still arrive. */
  retirePeer(peerId: string): void {
    this.#options.scheduler.removePeer(peerId);
    this.#pump();
  }

  /** Whether a peer takes part. */
  has(peerId: string): boolean {
    return this.#options.scheduler.isUsable(peerId);
  }

  #breakOff(peerId: string): void {
    for (const id of this.#options.scheduler.rangesOf(peerId)) this.#running.get(id)?.controller.abort();
  }

  /**
   * Runs to the end. All requests have settled when it settles. Errors: faults of this PC, `CANCELLED`,
   * `SHUTTING_DOWN`.
   */
  async run(signal: AbortSignal): Promise<TransferEnd> {
    const { clock } = this.#options;
    const onAbort = (): void => this.#finish(() => this.#end.reject(abortError(signal)));
    signal.addEventListener('abort', onAbort, { once: true });
    using _review = clock.interval(() => this.#pump(), reviewMs);
    try {
      if (signal.aborted) onAbort();
      this.#pump();
      return await this.#end.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#wake?.[Symbol.dispose]();
      await Promise.all(Array.from(this.#running.values(), ({ done }) => done));
    }
  }

  #pump(peers?: readonly string[]): void {
    if (this.#isOver) return;
    const { scheduler, clock } = this.#options;
    for (const id of scheduler.superfluous()) this.#running.get(id)?.controller.abort();
    const nowMs = (): number => clock.monotonicMs();
    for (const range of handOut(scheduler, { nowMs, ...(peers && { peers }) })) {
      this.#start(range);
      // The lane or a listener may have ended the run before `#start` returned.
      if (this.#isOver) return;
    }
    this.#wakeLater();
    const verdict = scheduler.verdict();
    if (verdict.kind !== 'running' && this.#running.size === 0) this.#finish(() => this.#end.resolve(verdict));
  }

  #wakeLater(): void {
    const { scheduler, clock } = this.#options;
    this.#wake?.[Symbol.dispose]();
    const nowMs = clock.monotonicMs();
    const wakeMs = scheduler.nextWakeMs(nowMs);
    this.#wake = wakeMs === undefined ? undefined : clock.timeout(() => this.#pump(), wakeMs - nowMs);
  }

  #start(range: Range): void {
    const controller = new AbortController();
    const { promise: done, resolve } = Promise.withResolvers<void>();
    this.#running.set(range.id, { controller, done });
    void this.#fetch(range, controller).finally(resolve);
  }

  /** Never throws. */
  async #fetch(range: Range, controller: AbortController): Promise<void> {
    const { scheduler, layout, rootOf, gameRoot, laneOf, meter, clock } = this.#options;
    const lane = laneOf(range.peerId);
    const batch = new VerifiedBatch(layout, (facts) =>
      this.#options.listener.onBlocksVerified({ ...facts, peerId: range.peerId, lane: lane.kind }),
    );
    let failure: LanspreadError | undefined;
    try {
      const request = toFetchRequest(range, {
        layout,
        manifestRoot: rootOf(range.peerId),
        gameRoot,
        verified: scheduler.verified,
      });
      await lane.fetch(
        request,
        {
          onBytes: (count) => {
            scheduler.onBytes(range.id, count, clock.monotonicMs());
            meter.addRaw(count);
          },
          onBlock: (block, sound) => this.#onBlock(range, { block, sound, batch }),
        },
        { signal: controller.signal },
      );
    } catch (error) {
      failure = toLanspreadError(error);
    }
    batch.flush();
    this.#running.delete(range.id);
    this.#onSettled(range, { lane, failure, cancelled: controller.signal.aborted });
  }

  #onBlock(range: Range, { block, sound, batch }: { block: number; sound: boolean; batch: VerifiedBatch }): void {
    const { scheduler, layout, meter, listener } = this.#options;
    const nowMs = this.#options.clock.monotonicMs();
    const { counts, strike } = scheduler.onBlock(range.id, { block, sound, nowMs });
    const place = layout.place(block);
    if (counts) {
      // Other copies of this block that are still on their way have no use any more.
      for (const id of scheduler.superfluous()) if (id !== range.id) this.#running.get(id)?.controller.abort();
      meter.addVerified(place.lengthBytes);
      this.#options.onVerified(block);
      batch.add(block);
    }
    if (!strike) return;
    batch.flush();
    const file = layout.manifest.files[place.fileIndex]?.path ?? '';
    listener.onPeerStruck({ peerId: strike.peerId, file, block: place.blockInFile });
    if (strike.banned) this.#breakOff(range.peerId);
  }

  #onSettled(
    range: Range,
    { lane, failure, cancelled }: { lane: Lane; failure: LanspreadError | undefined; cancelled: boolean },
  ): void {
    const { scheduler, clock, logger, onLaneFailed } = this.#options;
    const nowMs = clock.monotonicMs();
    if (!failure) scheduler.onSettled(range.id, { outcome: 'delivered', nowMs });
    else if (ownFaults.has(failure.code)) {
      scheduler.onSettled(range.id, { outcome: 'cancelled', nowMs });
      this.#finish(() => this.#end.reject(failure));
    } else if (cancelled) scheduler.onSettled(range.id, { outcome: 'cancelled', nowMs });
    else {
      logger.debug({ peerId: range.peerId, lane: lane.kind, err: failure }, 'a range was not delivered');
      const hasOtherRoad = roadFaults.has(failure.code) && onLaneFailed(range.peerId, lane);
      const outcome = hasOtherRoad ? 'cancelled' : outcomeOf(failure.code);
      scheduler.onSettled(range.id, { outcome, nowMs });
      if (isFinal(failure.code)) this.removePeer(range.peerId);
    }
    this.#pump();
  }

  #finish(settle: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const { controller } of this.#running.values()) controller.abort();
    settle();
  }
}

/** Whether asking this peer again would give the same answer. */
function isFinal(code: ErrorCode): boolean {
  return code === 'MANIFEST_MISMATCH' || code === 'GAME_NOT_FOUND' || code === 'NOT_SERVED';
}

function outcomeOf(code: ErrorCode): RangeOutcome {
  // The peer is not ready yet.
  if (code === 'TOO_MANY_REQUESTS' || code === 'MANIFEST_PENDING') return 'busy';
  return code === 'BLOCK_NOT_AVAILABLE' ? 'absent' : 'failed';
}
