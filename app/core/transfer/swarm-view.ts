/**
 * What one download knows of the others that fetch the same content at the same time: who has which piece, who is
 * fetching which, and which pieces are whose to fetch first. Pure: time and randomness come in.
 */
import type { Bitmap } from '../base/index.ts';
import { blocksOf, type BlockRun } from './block-runs.ts';
import type { Pieces } from './pieces.ts';

/** A piece that somebody says to be fetching and that does not come for this long is anybody's again, in milliseconds. */
const claimLimitMs = 15_000;

interface Member {
  readonly have: Bitmap;
  /** Blocks of each piece that it lacks. */
  readonly lacking: Uint32Array;
  /** Pieces that it fetches, and since when, monotonic. */
  claims: Map<number, number>;
  readonly seed: number;
}

export class SwarmView {
  readonly #pieces: Pieces;
  readonly #selfSeed: number;
  readonly #members = new Map<string, Member>();
  /** How many members have each piece. */
  readonly #holders: Uint16Array;
  /** Whether a piece is ours to fetch first; made anew when members come and go. */
  #mine: Uint8Array | undefined;

  constructor({ pieces, self }: { pieces: Pieces; self: string }) {
    this.#pieces = pieces;
    this.#selfSeed = seedOf(self);
    this.#holders = new Uint16Array(pieces.count);
  }

  get size(): number {
    return this.#members.size;
  }

  /** Somebody joins, or tells anew what it has. `have` is kept: `add` extends it. */
  put(peerId: string, have: Bitmap): void {
    this.remove(peerId);
    const lacking = new Uint32Array(this.#pieces.count);
    for (let piece = 0; piece < this.#pieces.count; piece += 1) {
      const end = this.#pieces.first(piece + 1);
      for (let block = this.#pieces.first(piece); block < end; block += 1)
        if (!have.has(block)) lacking[piece] = (lacking[piece] ?? 0) + 1;
      if (lacking[piece] === 0) this.#holders[piece] = (this.#holders[piece] ?? 0) + 1;
    }
    this.#members.set(peerId, { have, lacking, claims: new Map(), seed: seedOf(peerId) });
    this.#mine = undefined;
  }

  /** It verified more blocks. */
  add(peerId: string, runs: readonly BlockRun[]): void {
    const member = this.#members.get(peerId);
    if (!member) return;
    for (const block of blocksOf(runs)) {
      if (!member.have.add(block)) continue;
      const piece = this.#pieces.of(block);
      member.lacking[piece] = (member.lacking[piece] ?? 1) - 1;
      if (member.lacking[piece] === 0) this.#holders[piece] = (this.#holders[piece] ?? 0) + 1;
    }
  }

  /** What it is fetching now from those who have everything. */
  setClaims(peerId: string, runs: readonly BlockRun[], nowMs: number): void {
    const member = this.#members.get(peerId);
    if (!member) return;
    const claims = new Map<number, number>();
    for (const block of blocksOf(runs)) {
      const piece = this.#pieces.of(block);
      claims.set(piece, member.claims.get(piece) ?? nowMs);
    }
    member.claims = claims;
  }

  remove(peerId: string): void {
    const member = this.#members.get(peerId);
    if (!member) return;
    this.#members.delete(peerId);
    for (let piece = 0; piece < this.#pieces.count; piece += 1)
      if (member.lacking[piece] === 0) this.#holders[piece] = (this.#holders[piece] ?? 1) - 1;
    this.#mine = undefined;
  }

  /** How many members have the whole piece. */
  holders(piece: number): number {
    return this.#holders[piece] ?? 0;
  }

  isClaimed(piece: number, nowMs: number): boolean {
    for (const { claims } of this.#members.values()) {
      const sinceMs = claims.get(piece);
      if (sinceMs !== undefined && nowMs - sinceMs < claimLimitMs) return true;
    }
    return false;
  }

  /**
   * Whether this piece falls to us: each is given to one of all who fetch, by rendezvous hashing, so everybody agrees
   * without a word and little changes when somebody comes or goes.
   */
  isMine(piece: number): boolean {
    this.#mine ??= this.#divide();
    return this.#mine[piece] === 1;
  }

  #divide(): Uint8Array {
    const mine = new Uint8Array(this.#pieces.count);
    const seeds = Array.from(this.#members.values(), ({ seed }) => seed);
    for (let piece = 0; piece < mine.length; piece += 1) {
      const own = mix(this.#selfSeed, piece);
      mine[piece] = seeds.every((seed) => mix(seed, piece) <= own) ? 1 : 0;
    }
    return mine;
  }
}

/** FNV-1a over the id's code units. */
function seedOf(peerId: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < peerId.length; index += 1)
    hash = Math.imul(hash ^ peerId.charCodeAt(index), 0x01000193) >>> 0;
  return hash;
}

/** The finalizer of MurmurHash3: every bit of both inputs reaches every bit of the result. */
function mix(seed: number, piece: number): number {
  let hash = (seed ^ Math.imul(piece + 1, 0x9e3779b1)) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) >>> 0;
  return (hash ^ (hash >>> 16)) >>> 0;
}
