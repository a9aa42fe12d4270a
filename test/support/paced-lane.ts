/** A lane on a virtual clock: each peer sends at a steady speed, shared by what is asked of it at the time. */
import { LanspreadError, type Clock } from '../../app/core/base/index.ts';
import type { FetchListener, FetchRequest, Lane } from '../../app/core/lanes/types.ts';

const tickMs = 10;
/** A transfer that asks more often than this goes round in circles. */
const mostRequests = 5_000;

interface Running {
  readonly blocks: { readonly block: number; leftBytes: number }[];
  readonly listener: FetchListener;
  readonly notBeforeMs: number;
  readonly resolve: () => void;
}

export class PacedLane implements Lane, Disposable {
  readonly kind = 'tls';
  /** Bytes that went over the wire, wanted or not. */
  readonly sentBytes = new Map<string, number>();
  readonly #clock: Clock;
  readonly #bytesPerSecondOf: ReadonlyMap<string, number>;
  readonly #firstByteMs: number;
  readonly #running = new Map<string, Set<Running>>();
  readonly #ticks: Disposable;
  #requests = 0;

  /** `firstByteMs`: from a request to its first byte. */
  constructor(clock: Clock, bytesPerSecondOf: ReadonlyMap<string, number>, { firstByteMs }: { firstByteMs: number }) {
    this.#clock = clock;
    this.#bytesPerSecondOf = bytesPerSecondOf;
    this.#firstByteMs = firstByteMs;
    this.#ticks = clock.interval(() => this.#tick(), tickMs);
  }

  async fetch(
    { peerId, files }: FetchRequest,
    listener: FetchListener,
    { signal }: { signal: AbortSignal },
  ): Promise<void> {
    if ((this.#requests += 1) > mostRequests) throw new LanspreadError('IO_ERROR', { message: 'asked in circles' });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const blocks = files.flatMap((file) =>
      file.blocks.map(({ block, lengthBytes }) => ({ block, leftBytes: lengthBytes })),
    );
    const running = { blocks, listener, notBeforeMs: this.#clock.monotonicMs() + this.#firstByteMs, resolve };
    const all = this.#running.get(peerId) ?? new Set();
    this.#running.set(peerId, all.add(running));
    signal.addEventListener('abort', () => reject(new LanspreadError('CANCELLED')), { once: true });
    if (signal.aborted) reject(new LanspreadError('CANCELLED'));
    try {
      await promise;
    } finally {
      all.delete(running);
    }
  }

  [Symbol.dispose](): void {
    this.#ticks[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
  }

  #tick(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [peerId, all] of this.#running) {
      const ready = [...all].filter(({ notBeforeMs }) => notBeforeMs <= nowMs);
      const shareBytes = ((this.#bytesPerSecondOf.get(peerId) ?? 0) * tickMs) / 1000 / ready.length;
      for (const running of ready) this.#send(peerId, running, shareBytes);
    }
  }

  #send(peerId: string, { blocks, listener, resolve }: Running, shareBytes: number): void {
    let left = shareBytes;
    for (let next = blocks[0]; next && left > 0; next = blocks[0]) {
      const bytes = Math.min(left, next.leftBytes);
      left -= bytes;
      next.leftBytes -= bytes;
      this.sentBytes.set(peerId, (this.sentBytes.get(peerId) ?? 0) + bytes);
      listener.onBytes(bytes);
      if (next.leftBytes > 0) continue;
      blocks.shift();
      listener.onBlock(next.block, true);
    }
    if (blocks.length === 0) resolve();
  }
}
