import type { Multiaddr } from '@multiformats/multiaddr';
import type { Clock, Logger } from '../base/index.ts';
import { dialPauseMs } from './backoff.ts';

/** Somebody to reach: a discovered peer by its id, a static or known one by its address. */
export interface DialTarget {
  readonly key: string;
  readonly peerId: string | undefined;
  readonly addresses: readonly Multiaddr[];
}

export interface DiallerOptions {
  /** Dials and says Hello; rejects when that fails. */
  connect: (target: DialTarget, signal: AbortSignal) => Promise<void>;
  isConnected: (target: DialTarget) => boolean;
  onFailed: (target: DialTarget, failures: number) => void;
  clock: Clock;
  /** In [0, 1). */
  random: () => number;
  logger: Logger;
}

interface Entry {
  target: DialTarget;
  failures: number;
  timer: Disposable | undefined;
  isDialling: boolean;
}

/** Keeps trying to reach its targets, with a growing pause, until they are dropped. */
export class Dialler implements Disposable {
  readonly #options: DiallerOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #stopping = new AbortController();

  constructor(options: DiallerOptions) {
    this.#options = options;
  }

  /** Adds a target, or replaces one of the same key whose addresses changed: that one is dialled afresh. */
  put(target: DialTarget, { delayMs = 0 }: { delayMs?: number } = {}): void {
    const known = this.#entries.get(target.key);
    if (known) {
      const isSame = sameAddresses(known.target, target);
      known.target = target;
      if (isSame && (known.timer || known.isDialling)) return;
      known.failures = 0;
      this.#schedule(known, delayMs);
      return;
    }
    const entry: Entry = { target, failures: 0, timer: undefined, isDialling: false };
    this.#entries.set(target.key, entry);
    this.#schedule(entry, delayMs);
  }

  drop(key: string): void {
    this.#entries.get(key)?.timer?.[Symbol.dispose]();
    this.#entries.delete(key);
  }

  /** A peer was lost: its targets are dialled again. */
  retry(peerId: string, { delayMs }: { delayMs: number }): void {
    for (const entry of this.#entries.values()) {
      if (entry.target.peerId === peerId && !entry.isDialling) this.#schedule(entry, delayMs);
    }
  }

  [Symbol.dispose](): void {
    this.#stopping.abort();
    for (const key of [...this.#entries.keys()]) this.drop(key);
  }

  #schedule(entry: Entry, delayMs: number): void {
    entry.timer?.[Symbol.dispose]();
    entry.timer = this.#options.clock.timeout(() => void this.#dial(entry), delayMs, { background: true });
  }

  async #dial(entry: Entry): Promise<void> {
    const { connect, isConnected, onFailed, random, logger } = this.#options;
    entry.timer = undefined;
    if (entry.isDialling || isConnected(entry.target)) return;
    entry.isDialling = true;
    const { target } = entry;
    try {
      await connect(target, this.#stopping.signal);
      entry.failures = 0;
    } catch (error) {
      entry.failures += 1;
      if (this.#stopping.signal.aborted || this.#entries.get(target.key) !== entry) return;
      logger.debug({ target: target.key, failures: entry.failures, err: error }, 'a dial failed');
      onFailed(target, entry.failures);
      if (this.#entries.get(target.key) === entry) this.#schedule(entry, dialPauseMs(entry.failures, random()));
    } finally {
      entry.isDialling = false;
    }
  }
}

function sameAddresses(a: DialTarget, b: DialTarget): boolean {
  return a.addresses.map(String).join() === b.addresses.map(String).join();
}
