import type { FetchOrder, FromWorker } from '../messages.ts';

/** At most this often a worker tells how far it is, in milliseconds. */
const periodMs = 100;

/** Gathers what happened in a worker, so that the main thread gets few messages however small the blocks are. */
export class ProgressReporter {
  readonly #post: (message: FromWorker) => void;
  readonly #fetches = new Map<number, { bytes: number; blocks: number[] }>();
  readonly #traffic = new Map<string, { bytesIn: number; bytesOut: number }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(post: (message: FromWorker) => void) {
    this.#post = post;
  }

  received(order: FetchOrder, count: number): void {
    this.#of(order.id).bytes += count;
    this.receivedOf(order.peerId, count);
  }

  /** Bytes that belong to no fetch. */
  receivedOf(peerId: string, count: number): void {
    this.#trafficOf(peerId).bytesIn += count;
  }

  block(order: FetchOrder, block: number, sound: boolean): void {
    this.#of(order.id).blocks.push(sound ? block : ~block);
  }

  sent(peerId: string, bytes: number): void {
    this.#trafficOf(peerId).bytesOut += bytes;
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#fetches.size === 0 && this.#traffic.size === 0) return;
    this.#post({
      kind: 'progress',
      fetches: Array.from(this.#fetches, ([fetchId, facts]) => ({ fetchId, ...facts })),
      traffic: Array.from(this.#traffic, ([peerId, facts]) => ({ peerId, ...facts })),
    });
    this.#fetches.clear();
    this.#traffic.clear();
  }

  #of(fetchId: number): { bytes: number; blocks: number[] } {
    this.#timer ??= setTimeout(() => this.flush(), periodMs);
    let facts = this.#fetches.get(fetchId);
    if (!facts) this.#fetches.set(fetchId, (facts = { bytes: 0, blocks: [] }));
    return facts;
  }

  #trafficOf(peerId: string): { bytesIn: number; bytesOut: number } {
    this.#timer ??= setTimeout(() => this.flush(), periodMs);
    let facts = this.#traffic.get(peerId);
    if (!facts) this.#traffic.set(peerId, (facts = { bytesIn: 0, bytesOut: 0 }));
    return facts;
  }
}
