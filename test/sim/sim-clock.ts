/** A clock that jumps from one due time to the next: whole minutes of a room in a second, and no promise on the way. */
import type { Clock } from '../../app/core/base/index.ts';

interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
  isOff: boolean;
}

export class SimClock implements Clock {
  #nowMs = 0;
  #order = 0;
  /** A binary heap by time, then by order of setting. */
  readonly #heap: Due[] = [];

  now(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  timeout(callback: () => void, delayMs: number): Disposable {
    const due = { atMs: this.#nowMs + Math.max(0, delayMs), order: (this.#order += 1), callback, isOff: false };
    this.#push(due);
    return { [Symbol.dispose]: () => void (due.isOff = true) };
  }

  interval(callback: () => void, periodMs: number): Disposable {
    let timer: Disposable | undefined;
    const again = (): void => {
      timer = this.timeout(() => {
        again();
        callback();
      }, periodMs);
    };
    again();
    return { [Symbol.dispose]: () => timer?.[Symbol.dispose]() };
  }

  /** Runs what is due until `isOver`, until nothing is left, or up to a time. Tells whether it was over. */
  run({ isOver, limitMs }: { isOver: () => boolean; limitMs: number }): boolean {
    while (!isOver()) {
      const due = this.#pop();
      if (!due || due.atMs > limitMs) return false;
      this.#nowMs = due.atMs;
      if (!due.isOff) due.callback();
    }
    return true;
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let at = heap.push(due) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (!above || isBefore(above, due)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = due;
  }

  #pop(): Due | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
      const [next, child] = left && right && isBefore(right, left) ? [2 * at + 2, right] : [2 * at + 1, left];
      if (!child || isBefore(last, child)) break;
      heap[at] = child;
      at = next;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
