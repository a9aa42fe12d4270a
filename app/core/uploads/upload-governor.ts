import { toDisposable, type Clock, type IDisposable } from '../base/index.ts';
import type { UploadLimits, Uploads } from './types.ts';

/** The credit that a bucket may save, as time at its rate: it bridges late timers. */
const savedMs = 100;
const leastGrantBytes = 16 * 1024;
const mostGrantBytes = 1024 * 1024;
/** A grant is about as many bytes as the slowest limit allows in this time. */
const grantMs = 50;

/**
 * Peers served at a time without a limit. If sixty are served at once, each gets its first block about as late as its
 * last. Served in turn, they soon begin to share blocks with each other.
 */
const usualPlaces = 8;
/**
 * Without a byte limit it is unknown whether so few peers use the whole network. So peers that have waited this long
 * are let in, too, one at a time, in milliseconds.
 */
const enoughWaitingMs = 1_000;
const letInEveryMs = 500;

/** Limits bytes per second. It saves a little credit and may go into debt by one grant. */
class TokenBucket {
  readonly bytesPerSecond: number;
  #level = 0;
  #atMs: number;

  constructor(bytesPerSecond: number, nowMs: number) {
    this.bytesPerSecond = bytesPerSecond;
    this.#atMs = nowMs;
  }

  /** The time until the bucket is out of debt, in milliseconds; 0 when it is. */
  waitMs(nowMs: number): number {
    const saved = this.#level + ((nowMs - this.#atMs) * this.bytesPerSecond) / 1000;
    this.#level = Math.min(saved, (savedMs * this.bytesPerSecond) / 1000);
    this.#atMs = nowMs;
    return this.#level >= 0 ? 0 : (-this.#level * 1000) / this.bytesPerSecond;
  }

  take(bytes: number): void {
    this.#level -= bytes;
  }
}

interface Claim {
  readonly peerId: string;
  readonly grant: (bytes: number) => void;
}

interface Entry {
  readonly peerId: string;
  readonly admit: () => void;
  readonly sinceMs: number;
  isAdmitted: boolean;
}

/**
 * Decides which peers get uploads, and how fast: in total, per peer, and how many peers at a time. Waiting peers take
 * turns, so that a peer with many requests gets no more than one with few.
 */
export class UploadGovernor implements Uploads, IDisposable {
  readonly #clock: Clock;
  #limits: UploadLimits;
  #total: TokenBucket | undefined;
  readonly #perPeer = new Map<string, TokenBucket>();
  /** Both in the order of the turns: the peer served last is the last key. */
  readonly #claims = new Map<string, Claim[]>();
  readonly #waiting = new Map<string, Entry[]>();
  /** Admitted requests by peer. */
  readonly #active = new Map<string, number>();
  #timer: IDisposable | undefined;
  #letIn: IDisposable | undefined;

  constructor({ clock, limits }: { clock: Clock; limits: UploadLimits }) {
    this.#clock = clock;
    this.#limits = limits;
    this.setLimits(limits);
  }

  /** Whether bytes need grants at all. */
  get isMetered(): boolean {
    return this.#limits.totalBytesPerSecond !== undefined || this.#limits.perPeerBytesPerSecond !== undefined;
  }

  setLimits(limits: UploadLimits): void {
    this.#limits = limits;
    const { totalBytesPerSecond: total } = limits;
    this.#total = total === undefined ? undefined : new TokenBucket(total, this.#clock.monotonicMs());
    this.#perPeer.clear();
    this.#grantWhatFits();
    this.#admitWhoFits();
  }

  /** Queues a request: `admit` is called, at once or later. Disposing ends it, waiting or served. */
  enter(peerId: string, admit: () => void): IDisposable {
    const entry: Entry = { peerId, admit, sinceMs: this.#clock.monotonicMs(), isAdmitted: false };
    push(this.#waiting, peerId, entry);
    this.#admitWhoFits();
    return toDisposable(() => {
      if (!entry.isAdmitted) remove(this.#waiting, peerId, entry);
      else this.#leave(peerId);
      this.#admitWhoFits();
    });
  }

  /** Asks to send: `grant` is called with a number of bytes, at once or later. Disposing withdraws the claim. */
  claim(peerId: string, grant: (bytes: number) => void): IDisposable {
    const claim: Claim = { peerId, grant };
    push(this.#claims, peerId, claim);
    this.#grantWhatFits();
    return toDisposable(() => remove(this.#claims, peerId, claim));
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#letIn?.[Symbol.dispose]();
    this.#claims.clear();
    this.#waiting.clear();
  }

  #leave(peerId: string): void {
    const left = (this.#active.get(peerId) ?? 1) - 1;
    if (left > 0) this.#active.set(peerId, left);
    else this.#active.delete(peerId);
  }

  #admitWhoFits(): void {
    const places = placesOf(this.#limits);
    for (;;) {
      // A peer that is being served gets a further place only while no other peer waits.
      const peers = Array.from(this.#waiting.keys());
      const others = peers.filter((peerId) => !this.#active.has(peerId));
      const isFull = this.#active.size >= places;
      const next = others.length > 0 ? (isFull ? undefined : others[0]) : peers[0];
      if (next === undefined) break;
      this.#admit(next);
    }
    this.#letInLater();
  }

  #admit(peerId: string): void {
    const [entry] = shift(this.#waiting, peerId);
    if (!entry) return;
    entry.isAdmitted = true;
    this.#active.set(peerId, (this.#active.get(peerId) ?? 0) + 1);
    entry.admit();
  }

  /** Lets in peers that have waited long enough, beyond the usual places. */
  #letInLater(): void {
    if (this.#letIn || this.#waiting.size === 0 || !areUsual(this.#limits) || this.isMetered) return;
    this.#letIn = this.#clock.timeout(() => {
      this.#letIn = undefined;
      const longestFirst = this.#clock.monotonicMs() - enoughWaitingMs;
      for (const [peerId, [first]] of this.#waiting) {
        if (!first || first.sinceMs > longestFirst || this.#active.has(peerId)) continue;
        this.#admit(peerId);
        break;
      }
      this.#letInLater();
    }, letInEveryMs);
  }

  #grantWhatFits(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    const nowMs = this.#clock.monotonicMs();
    for (;;) {
      let leastWaitMs = Infinity;
      let next: string | undefined;
      for (const peerId of this.#claims.keys()) {
        const waitMs = Math.max(this.#total?.waitMs(nowMs) ?? 0, this.#bucketOf(peerId, nowMs)?.waitMs(nowMs) ?? 0);
        if (waitMs < leastWaitMs) [leastWaitMs, next] = [waitMs, peerId];
        if (waitMs === 0) break;
      }
      if (next === undefined) return;
      if (leastWaitMs > 0) {
        this.#timer = this.#clock.timeout(() => this.#grantWhatFits(), Math.ceil(leastWaitMs));
        return;
      }
      const [claim] = shift(this.#claims, next);
      const bytes = this.#grantBytes();
      this.#total?.take(bytes);
      this.#bucketOf(next, nowMs)?.take(bytes);
      claim?.grant(bytes);
    }
  }

  #bucketOf(peerId: string, nowMs: number): TokenBucket | undefined {
    const { perPeerBytesPerSecond } = this.#limits;
    if (perPeerBytesPerSecond === undefined) return undefined;
    let bucket = this.#perPeer.get(peerId);
    if (!bucket) this.#perPeer.set(peerId, (bucket = new TokenBucket(perPeerBytesPerSecond, nowMs)));
    return bucket;
  }

  #grantBytes(): number {
    const { totalBytesPerSecond = Infinity, perPeerBytesPerSecond = Infinity } = this.#limits;
    const bytes = (Math.min(totalBytesPerSecond, perPeerBytesPerSecond) * grantMs) / 1000;
    return Math.floor(Math.min(mostGrantBytes, Math.max(leastGrantBytes, bytes)));
  }
}

function areUsual({ maxPeers, perPeerBytesPerSecond }: UploadLimits): boolean {
  return maxPeers === undefined && perPeerBytesPerSecond === undefined;
}

/** With a limit per peer, all are served: the limit leaves room for more peers. */
function placesOf(limits: UploadLimits): number {
  return limits.maxPeers ?? (areUsual(limits) ? usualPlaces : Infinity);
}

function push<T>(queues: Map<string, T[]>, peerId: string, item: T): void {
  const queue = queues.get(peerId);
  if (queue) queue.push(item);
  else queues.set(peerId, [item]);
}

/** Takes a peer's first item and moves the peer to the end of the turn. */
function shift<T>(queues: Map<string, T[]>, peerId: string): T[] {
  const queue = queues.get(peerId) ?? [];
  const item = queue.shift();
  queues.delete(peerId);
  if (queue.length > 0) queues.set(peerId, queue);
  return item === undefined ? [] : [item];
}

function remove<T>(queues: Map<string, T[]>, peerId: string, item: T): void {
  const queue = queues.get(peerId);
  const place = queue?.indexOf(item) ?? -1;
  if (place >= 0) queue?.splice(place, 1);
  if (queue?.length === 0) queues.delete(peerId);
}
