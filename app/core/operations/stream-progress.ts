/** When to report the progress of a streamed install, and with which figures. */
import type { Clock } from '../base/index.ts';

/** The time between two samples, in milliseconds. */
const periodMs = 500;
/** After this long, the smoothed speed shows two thirds of a change. */
const smoothingMs = 3_000;

interface StreamSample {
  readonly downloadedBytes: number;
  readonly totalBytes: number;
  readonly bytesPerSecond: number;
  readonly etaSeconds: number | undefined;
  readonly activePeers: number;
}

/** One sample at the start, one at the end, and one every half second between them. Bytes are unpacked bytes. */
export class StreamProgress {
  readonly #totalBytes: number;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #toldAtMs: number | undefined;
  #toldBytes = 0;
  #bytesPerSecond: number | undefined;
  #hasToldEnd = false;

  constructor({ totalBytes, clock }: { totalBytes: number; clock: Pick<Clock, 'monotonicMs'> }) {
    this.#totalBytes = totalBytes;
    this.#clock = clock;
  }

  /** Undefined when no sample is due. */
  sample(bytes: number): StreamSample | undefined {
    const nowMs = this.#clock.monotonicMs();
    const isEnd = bytes >= this.#totalBytes && !this.#hasToldEnd;
    if (!isEnd && this.#toldAtMs !== undefined && nowMs - this.#toldAtMs < periodMs) return undefined;
    this.#hasToldEnd ||= isEnd;
    this.#measure(bytes, nowMs);
    const bytesPerSecond = Math.round(this.#bytesPerSecond ?? 0);
    const missing = this.#totalBytes - bytes;
    const etaSeconds = bytesPerSecond > 0 ? Math.ceil(missing / bytesPerSecond) : undefined;
    return {
      downloadedBytes: bytes,
      totalBytes: this.#totalBytes,
      bytesPerSecond,
      etaSeconds: missing === 0 ? 0 : etaSeconds,
      activePeers: 1,
    };
  }

  #measure(bytes: number, nowMs: number): void {
    const elapsedMs = this.#toldAtMs === undefined ? 0 : nowMs - this.#toldAtMs;
    if (elapsedMs > 0) {
      const current = ((bytes - this.#toldBytes) * 1000) / elapsedMs;
      const weight = 1 - Math.exp(-elapsedMs / smoothingMs);
      this.#bytesPerSecond =
        this.#bytesPerSecond === undefined ? current : this.#bytesPerSecond + (current - this.#bytesPerSecond) * weight;
    }
    this.#toldAtMs = nowMs;
    this.#toldBytes = bytes;
  }
}
