/** The figures of a download's progress. Pure: the caller passes the time in. */
import type { DownloadListener } from './types.ts';

type ProgressSample = Parameters<DownloadListener['onProgress']>[0];

/** The time between two samples, in milliseconds. */
export const progressPeriodMs = 500;
/** After this many milliseconds the shown speed has followed a change by about two thirds. */
const smoothingMs = 3_000;

/**
 * Counts verified bytes for the bar, and all received bytes, waste included, for the speed. A sample covers the time
 * since the last one, however long that was: a late tick needs no correction.
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

  /** Counts received bytes, sound or not. */
  addRaw(bytes: number): void {
    this.#rawBytes += bytes;
  }

  /** Counts the bytes of a verified block; call it once per block. */
  addVerified(bytes: number): void {
    this.#verifiedBytes += bytes;
  }

  /** Takes a sample now. `nowMs` is monotonic. The very first sample has no speed yet. */
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

/** Seconds until the end; undefined while the speed is 0. */
function etaSeconds(missingBytes: number, bytesPerSecond: number): number | undefined {
  if (missingBytes <= 0) return 0;
  return bytesPerSecond > 0 ? Math.ceil(missingBytes / bytesPerSecond) : undefined;
}
