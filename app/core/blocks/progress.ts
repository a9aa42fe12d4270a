/** What a download's progress shows. Pure: time comes in. */
import type { DownloadListener } from './types.ts';

type ProgressSample = Parameters<DownloadListener['onProgress']>[0];

/** How often a sample is due, in milliseconds. */
export const progressPeriodMs = 500;
/** A change of speed has shown to two thirds after this long. */
const smoothingMs = 3_000;

/**
 * Counts verified bytes for the bar and raw bytes, waste included, for the speed. A sample tells what happened since
 * the last one, however long that was: late ticks are not made up for.
 */
export class ProgressMeter {
  readonly totalBytes: number;
  #verifiedBytes: number;
  #rawBytes = 0;
  #sampledAtMs: number;
  #bytesPerSecond: number | undefined;

  constructor({ totalBytes, verifiedBytes, nowMs }: { totalBytes: number; verifiedBytes: number; nowMs: number }) {
    this.totalBytes = totalBytes;
    this.#verifiedBytes = verifiedBytes;
    this.#sampledAtMs = nowMs;
  }

  get verifiedBytes(): number {
    return this.#verifiedBytes;
  }

  /** Bytes that arrived, whatever they turn out to be. */
  addRaw(bytes: number): void {
    this.#rawBytes += bytes;
  }

  /** Bytes of a block that counts from now on; call it once a block. */
  addVerified(bytes: number): void {
    this.#verifiedBytes += bytes;
  }

  /** The sample of this moment. `nowMs` is monotonic. The very first one has no speed yet. */
  sample(nowMs: number, activePeers: number): ProgressSample {
    this.#measure(nowMs);
    const downloadedBytes = this.#verifiedBytes;
    const bytesPerSecond = Math.round(this.#bytesPerSecond ?? 0);
    return {
      downloadedBytes,
      totalBytes: this.totalBytes,
      bytesPerSecond,
      etaSeconds: etaSeconds(this.totalBytes - downloadedBytes, bytesPerSecond),
      activePeers,
    };
  }

  #measure(nowMs: number): void {
    const elapsedMs = nowMs - this.#sampledAtMs;
    if (elapsedMs <= 0) return;
    const current = (this.#rawBytes * 1000) / elapsedMs;
    const weight = 1 - Math.exp(-elapsedMs / smoothingMs);
    const before = this.#bytesPerSecond;
    this.#bytesPerSecond = before === undefined ? current : before + (current - before) * weight;
    this.#rawBytes = 0;
    this.#sampledAtMs = nowMs;
  }
}

/** Undefined while nobody can tell. */
function etaSeconds(missingBytes: number, bytesPerSecond: number): number | undefined {
  if (missingBytes <= 0) return 0;
  return bytesPerSecond > 0 ? Math.ceil(missingBytes / bytesPerSecond) : undefined;
}
