/** The speeds of the last minute for a chart, at a fixed rate. */

const stepMs = 500;
const remembered = 120;

export class SpeedHistory {
  #speeds: readonly number[] = [];
  #lastAt = Number.NEGATIVE_INFINITY;

  /** Oldest first, in bytes per second; a new array each time. `nowMs` is monotonic. */
  add(bytesPerSecond: number, nowMs: number): readonly number[] {
    const isNew = nowMs - this.#lastAt >= stepMs;
    if (isNew) this.#lastAt = nowMs;
    // Within a step the latest counts.
    const before = isNew ? this.#speeds : this.#speeds.slice(0, -1);
    this.#speeds = [...before, bytesPerSecond].slice(-remembered);
    return this.#speeds;
  }
}
