/** One PC of a simulated room: the real scheduler and the real upload governor over a modelled network. */
import { Bitmap } from '../../app/core/base/index.ts';
import type { ManifestLayout } from '../../app/core/protocol/index.ts';
import { toRuns, type BlockRun } from '../../app/core/blocks/schedule/block-runs.ts';
import { handOut } from '../../app/core/blocks/schedule/hand-out.ts';
import { isDue, type Look } from '../../app/core/blocks/serve/have-news.ts';
import { UploadGovernor } from '../../app/core/uploads/upload-governor.ts';
import { Scheduler, type Range } from '../../app/core/blocks/schedule/scheduler.ts';
import type { RangeOutcome } from '../../app/core/blocks/schedule/source-peer.ts';
import { uploadWaitLimitMs } from '../../app/core/uploads/upload-turn.ts';
import type { SeededRandom } from '../support/random.ts';
import type { SimClock } from './sim-clock.ts';

export interface SimNetwork {
  readonly clock: SimClock;
  readonly layout: ManifestLayout;
  /** One way. */
  readonly latencyMs: number;
  /** What a network card takes in. */
  readonly downBytesPerSecond: number;
  /** From the last byte of a full block to its being counted. */
  readonly verifyMs: number;
  /** Peers that a node serves at a time; undefined: all who ask. */
  readonly places: number | undefined;
  readonly nodeOf: (peerId: string) => SimNode;
}

interface Transfer {
  readonly range: Range;
  readonly cleanup: DisposableStack;
  isOver: boolean;
}

/** As in the program: how often stalled ranges are looked at, in milliseconds. */
const reviewMs = 500;

export class SimNode {
  readonly peerId: string;
  readonly scheduler: Scheduler;
  readonly #network: SimNetwork;
  readonly #governor: UploadGovernor;
  readonly #transfers = new Map<number, Transfer>();
  readonly #timers = new DisposableStack();
  #arrived: number[] = [];
  #told: Look = { nowMs: 0, arrivals: 0, claims: '' };
  /** When its network card has taken in all that was sent to it so far. */
  #downFreeMs = 0;
  sentBytes = 0;
  doneAtMs: number | undefined;
  onDone: () => void = () => {};

  constructor(
    network: SimNetwork,
    {
      peerId,
      isSeed,
      upBytesPerSecond,
      random,
    }: { peerId: string; isSeed: boolean; upBytesPerSecond: number; random: SeededRandom },
  ) {
    this.peerId = peerId;
    this.#network = network;
    const { clock, layout, places } = network;
    const limits = { totalBytesPerSecond: upBytesPerSecond, perPeerBytesPerSecond: undefined, maxPeers: places };
    this.#governor = new UploadGovernor({ clock, limits });
    this.scheduler = new Scheduler({
      layout,
      verified: isSeed ? Bitmap.full(layout.blockCount) : new Bitmap(layout.blockCount),
      self: peerId,
      random: () => random.word() / 2 ** 32,
    });
  }

  /** Begins to fetch. */
  start(): void {
    this.#timers.use(this.#network.clock.interval(() => this.pump(), reviewMs));
    this.pump();
  }

  /** Somebody else who fetches is known from now on. */
  meet(other: SimNode): void {
    this.scheduler.putPeer(
      other.peerId,
      new Bitmap(this.#network.layout.blockCount, other.scheduler.verified.toBytes()),
    );
    const nowMs = this.#network.clock.monotonicMs();
    this.scheduler.updatePeer(other.peerId, { added: [], claims: other.scheduler.claims(), nowMs });
    this.#beginAnew();
    this.pump([other.peerId]);
  }

  /** What is new here since the last time; undefined when nothing is to be told yet. */
  news(): { added: BlockRun[]; claims: BlockRun[] } | undefined {
    const claims = this.scheduler.claims();
    const now: Look = {
      nowMs: this.#network.clock.monotonicMs(),
      arrivals: this.#told.arrivals + this.#arrived.length,
      claims: JSON.stringify(claims),
    };
    if (!isDue(this.#told, now)) return undefined;
    const added = toRuns(this.#arrived);
    this.#arrived = [];
    this.#told = now;
    return { added, claims };
  }

  hear(peerId: string, news: { added: BlockRun[]; claims: BlockRun[] }): void {
    if (this.doneAtMs !== undefined) return;
    const concerned = this.scheduler.updatePeer(peerId, { ...news, nowMs: this.#network.clock.monotonicMs() });
    this.#beginAnew();
    if (concerned.length > 0) this.pump(concerned);
  }

  #beginAnew(): void {
    for (const id of this.scheduler.toBeginAnew(this.#network.clock.monotonicMs())) this.#end(id, 'cancelled');
  }

  pump(peers?: readonly string[]): void {
    if (this.doneAtMs !== undefined) return;
    const { scheduler } = this;
    for (const id of scheduler.superfluous()) this.#end(id, 'cancelled');
    const nowMs = (): number => this.#network.clock.monotonicMs();
    for (const range of handOut(scheduler, { nowMs, ...(peers && { peers }) })) this.#request(range);
  }

  #request(range: Range): void {
    const { clock, latencyMs, nodeOf } = this.#network;
    const transfer: Transfer = { range, cleanup: new DisposableStack(), isOver: false };
    this.#transfers.set(range.id, transfer);
    const server = nodeOf(range.peerId);
    transfer.cleanup.use(clock.timeout(() => server.#serve(this, transfer), latencyMs));
  }

  /** The other end: waits for a place, then sends as the governor grants. */
  #serve(client: SimNode, { range, cleanup }: Transfer): void {
    const { clock, layout, latencyMs } = this.#network;
    const patience = clock.timeout(() => {
      clock.timeout(() => client.#end(range.id, 'busy'), latencyMs);
      cleanup.dispose();
    }, uploadWaitLimitMs);
    cleanup.use(patience);
    const blocks: number[] = [];
    for (let block = range.firstBlock; block < range.firstBlock + range.count; block += 1)
      blocks.push(layout.place(block).lengthBytes);
    let leftBytes = blocks.reduce((sum, bytes) => sum + bytes, 0);
    const send = (): void => {
      const claim = this.#governor.claim(client.peerId, (granted) => {
        const bytes = Math.min(granted, leftBytes);
        leftBytes -= bytes;
        this.sentBytes += bytes;
        client.#receive(range.id, bytes);
        if (leftBytes > 0) cleanup.use(clock.timeout(send, 0));
        else place[Symbol.dispose]();
      });
      cleanup.use(claim);
    };
    const place = this.#governor.enter(client.peerId, () => {
      patience[Symbol.dispose]();
      // `place` is there only once `enter` has returned.
      cleanup.use(clock.timeout(send, 0));
    });
    cleanup.use(place);
  }

  #receive(rangeId: number, bytes: number): void {
    const { clock, latencyMs, downBytesPerSecond } = this.#network;
    const nowMs = clock.monotonicMs();
    this.#downFreeMs = Math.max(this.#downFreeMs, nowMs + latencyMs) + (bytes * 1000) / downBytesPerSecond;
    clock.timeout(() => this.#take(rangeId, bytes), this.#downFreeMs - nowMs);
  }

  readonly #bytesOf = new Map<number, { block: number; missingBytes: number }>();

  #take(rangeId: number, bytes: number): void {
    const transfer = this.#transfers.get(rangeId);
    if (!transfer || transfer.isOver) return;
    const { clock, layout, verifyMs } = this.#network;
    const { range } = transfer;
    this.scheduler.onBytes(rangeId, bytes, clock.monotonicMs());
    const first = range.firstBlock;
    const at = this.#bytesOf.get(rangeId) ?? { block: first, missingBytes: layout.place(first).lengthBytes };
    this.#bytesOf.set(rangeId, at);
    at.missingBytes -= bytes;
    while (at.missingBytes <= 0 && at.block < range.firstBlock + range.count) {
      const { block } = at;
      at.block += 1;
      const isLast = at.block === range.firstBlock + range.count;
      if (!isLast) at.missingBytes += layout.place(at.block).lengthBytes;
      clock.timeout(() => this.#verified(rangeId, block, isLast), verifyMs);
      if (isLast) break;
    }
  }

  #verified(rangeId: number, block: number, isLast: boolean): void {
    const nowMs = this.#network.clock.monotonicMs();
    const { counts } = this.scheduler.onBlock(rangeId, { block, sound: true, nowMs });
    if (counts) this.#arrived.push(block);
    if (isLast) this.#end(rangeId, 'delivered');
    if (this.doneAtMs === undefined && this.scheduler.verified.isFull) {
      this.doneAtMs = nowMs;
      for (const id of this.#transfers.keys()) this.#end(id, 'cancelled');
      this.#timers.dispose();
      this.onDone();
    }
  }

  #end(rangeId: number, outcome: RangeOutcome): void {
    const transfer = this.#transfers.get(rangeId);
    if (!transfer) return;
    transfer.isOver = true;
    this.#transfers.delete(rangeId);
    this.#bytesOf.delete(rangeId);
    // What is on its way to the other end takes its time; what it sends until then is lost.
    this.#network.clock.timeout(
      () => transfer.cleanup.dispose(),
      outcome === 'cancelled' ? this.#network.latencyMs : 0,
    );
    this.scheduler.onSettled(rangeId, { outcome, nowMs: this.#network.clock.monotonicMs() });
    if (outcome !== 'cancelled') this.pump();
  }
}
