import { LanspreadError } from '../../base/index.ts';
import { limits } from '../../protocol/index.ts';
import type { ByteRoad } from '../types.ts';

/** A stream is given up when fewer bytes than this come during the idle limit of a request. */
const leastBytes = 16 * 1024;

/**
 * Counts only the time in which the receiver waits for bytes. So a slow disk here is not blamed on the sender, and a
 * slow drip does not keep a stream alive.
 */
export class PacedRoad implements ByteRoad {
  readonly #road: ByteRoad;
  readonly #idleLimitMs: number;
  #waitedMs = 0;
  #bytes = 0;

  constructor(road: ByteRoad, { idleLimitMs = limits.requestIdleMs }: { idleLimitMs?: number } = {}) {
    this.#road = road;
    this.#idleLimitMs = idleLimitMs;
  }

  async read(): Promise<Uint8Array | undefined> {
    const sinceMs = performance.now();
    const { promise: late, reject } = Promise.withResolvers<never>();
    const limitMs = Math.max(0, this.#idleLimitMs - this.#waitedMs);
    const timer = setTimeout(() => reject(this.#tooSlow()), limitMs);
    try {
      const bytes = await Promise.race([this.#road.read(), late]);
      this.#waitedMs += performance.now() - sinceMs;
      this.#bytes += bytes?.length ?? 0;
      if (this.#bytes >= leastBytes) [this.#bytes, this.#waitedMs] = [0, 0];
      return bytes;
    } finally {
      clearTimeout(timer);
    }
  }

  /** A message counts for more than its few bytes: the time starts again. */
  restart(): void {
    this.#waitedMs = 0;
    this.#bytes = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#road[Symbol.asyncDispose]();
  }

  #tooSlow(): LanspreadError {
    return new LanspreadError('PEER_TIMEOUT', { message: `Next to nothing came for ${this.#idleLimitMs} ms.` });
  }
}
