/**
 * What one download knows of the members, the peers that fetch the same content at the same time: which pieces they
 * have, which they are fetching, and which pieces each should fetch first. Pure: the caller passes time and randomness
 * in.
 */
import type { Bitmap } from '../../base/index.ts';
import { blocksOf, type BlockRun } from './block-runs.ts';
import { PieceBag } from './piece-bag.ts';
import type { Pieces } from './pieces.ts';

/**
 * A claim lapses when no new piece has appeared in the swarm for this long, in milliseconds. While a seed sends one
 * piece after another, the peers that wait for theirs keep their claims.
 */
const standstillMs = 6_000;
/** A claim lapses after this long in any case, in milliseconds. */
const claimLimitMs = 120_000;
/**
 * The most claims of one member that count at a time. It needs no more, and a lying member must not keep others off.
 */
const claimsPerMember = 16;

interface Member {
  readonly have: Bitmap;
  /** How many blocks of each piece it lacks. */
  readonly lacking: Uint32Array;
  /** Pieces of which it has something, without those that were found complete here. */
  readonly offers: PieceBag;
  /** Pieces that it fetches from seeds. */
  claims: ReadonlySet<number>;
  /** When it first claimed a piece. Repeating a claim does not renew it. */
  readonly claimedAtMs: Map<number, number>;
  readonly seed: number;
}

const unknown = 0;
const ours = 1;
const theirs = 2;

export class SwarmView {
  readonly #pieces: Pieces;
  readonly #selfSeed: number;
  readonly #members = new Map<string, Member>();
  /** How many members have each piece. */
  readonly #holders: Uint16Array;
  /** How many blocks of each piece are missing here. */
  readonly #missing: Uint32Array;
  /** The pieces to ask of seeds. */
  readonly #wanted: PieceBag;
  /** Which members claim a piece, and since when, monotonic. */
  readonly #claims = new Map<number, Map<string, number>>();
  /** Cached answers of `isMine`; cleared when members come and go. */
  readonly #mine: Uint8Array;
  /** When a piece last came that no member had before, monotonic. */
  #progressAtMs = -Infinity;

  constructor({ pieces, self, verified }: { pieces: Pieces; self: string; verified?: Bitmap }) {
    this.#pieces = pieces;
    this.#selfSeed = seedOf(self);
    this.#holders = new Uint16Array(pieces.count);
    this.#mine = new Uint8Array(pieces.count);
    this.#missing = new Uint32Array(pieces.count);
    for (let piece = 0; piece < pieces.count; piece += 1)
      for (let block = pieces.first(piece); block < pieces.first(piece + 1); block += 1)
        if (!verified?.has(block)) this.#missing[piece] = (this.#missing[piece] ?? 0) + 1;
    this.#wanted = new PieceBag(Array.from({ length: pieces.count }, (_, piece) => piece));
  }

  get size(): number {
    return this.#members.size;
  }

  /** A block was verified here. */
  onVerified(block: number, nowMs: number): void {
    const piece = this.#pieces.of(block);
    this.#missing[piece] = (this.#missing[piece] ?? 1) - 1;
    if (this.holders(piece) === 0) this.#progressAtMs = nowMs;
  }

  /** Whether nothing of a piece is missing here. */
  isComplete(piece: number): boolean {
    return this.#missing[piece] === 0;
  }

  /** The pieces of which a member may have something; all pieces for a seed or an unknown peer. */
  offersOf(peerId: string | undefined): PieceBag {
    return (peerId === undefined ? undefined : this.#members.get(peerId)?.offers) ?? this.#wanted;
  }

  /** A member joins or sends all its blocks again. `have` is kept: `add` extends it. */
  put(peerId: string, have: Bitmap): void {
    this.remove(peerId);
    const lacking = new Uint32Array(this.#pieces.count);
    const offers = new PieceBag();
    for (let piece = 0; piece < this.#pieces.count; piece += 1) {
      const [first, end] = [this.#pieces.first(piece), this.#pieces.first(piece + 1)];
      let lacks = 0;
      for (let block = first; block < end; block += 1) if (!have.has(block)) lacks += 1;
      lacking[piece] = lacks;
      if (lacks < end - first) offers.add(piece);
      if (lacks === 0) this.#holders[piece] = (this.#holders[piece] ?? 0) + 1;
    }
    this.#members.set(peerId, {
      have,
      lacking,
      offers,
      claims: new Set(),
      claimedAtMs: new Map(),
      seed: seedOf(peerId),
    });
    this.#mine.fill(unknown);
  }

  /** A member verified more blocks. */
  add(peerId: string, runs: readonly BlockRun[], nowMs: number): void {
    const member = this.#members.get(peerId);
    if (!member) return;
    for (const block of blocksOf(runs)) {
      if (!member.have.add(block)) continue;
      const piece = this.#pieces.of(block);
      const lacks = member.lacking[piece] ?? 1;
      if (lacks === this.#pieces.first(piece + 1) - this.#pieces.first(piece)) member.offers.add(piece);
      member.lacking[piece] = lacks - 1;
      if (lacks > 1) continue;
      const holders = this.holders(piece);
      this.#holders[piece] = holders + 1;
      if (holders === 0 && !this.isComplete(piece)) this.#progressAtMs = nowMs;
    }
  }

  /** A member was asked for these blocks and does not have them. */
  retract(peerId: string, run: BlockRun): void {
    const member = this.#members.get(peerId);
    if (!member) return;
    for (const block of blocksOf([run])) {
      if (!member.have.delete(block)) continue;
      const piece = this.#pieces.of(block);
      const lacks = member.lacking[piece] ?? 0;
      member.lacking[piece] = lacks + 1;
      if (lacks === 0) this.#holders[piece] = (this.#holders[piece] ?? 1) - 1;
    }
  }

  /** Sets the runs that a member is fetching from seeds now. Tells whether it has given up a claim. */
  setClaims(peerId: string, runs: readonly BlockRun[], nowMs: number): boolean {
    const member = this.#members.get(peerId);
    if (!member) return false;
    const claims = new Set<number>();
    for (const block of blocksOf(runs)) {
      claims.add(this.#pieces.of(block));
      if (claims.size >= claimsPerMember) break;
    }
    let hasLeft = false;
    for (const piece of member.claims) {
      if (claims.has(piece)) continue;
      this.#unclaim(piece, peerId);
      hasLeft = true;
    }
    for (const piece of claims) {
      if (member.claims.has(piece)) continue;
      const sinceMs = member.claimedAtMs.get(piece) ?? nowMs;
      member.claimedAtMs.set(piece, sinceMs);
      this.#claims.set(piece, (this.#claims.get(piece) ?? new Map<string, number>()).set(peerId, sinceMs));
    }
    member.claims = claims;
    return hasLeft;
  }

  remove(peerId: string): void {
    const member = this.#members.get(peerId);
    if (!member) return;
    this.#members.delete(peerId);
    for (const piece of member.claims) this.#unclaim(piece, peerId);
    for (let piece = 0; piece < this.#pieces.count; piece += 1)
      if (member.lacking[piece] === 0) this.#holders[piece] = (this.#holders[piece] ?? 1) - 1;
    this.#mine.fill(unknown);
  }

  /** How many members have the whole piece. */
  holders(piece: number): number {
    return this.#holders[piece] ?? 0;
  }

  isClaimed(piece: number, nowMs: number): boolean {
    const claimants = this.#claims.get(piece);
    if (claimants) for (const sinceMs of claimants.values()) if (this.#isGoodSince(sinceMs, nowMs)) return true;
    return false;
  }

  /** Whether another member also fetches this piece and has precedence. Both sides come to the same answer. */
  isOutbid(piece: number, nowMs: number): boolean {
    const claimants = this.#claims.get(piece);
    if (!claimants) return false;
    const own = mix(this.#selfSeed, piece);
    for (const [peerId, sinceMs] of claimants)
      if (this.#isGoodSince(sinceMs, nowMs) && mix(this.#members.get(peerId)?.seed ?? 0, piece) > own) return true;
    return false;
  }

  #isGoodSince(sinceMs: number, nowMs: number): boolean {
    return nowMs - sinceMs < claimLimitMs && nowMs - Math.max(sinceMs, this.#progressAtMs) < standstillMs;
  }

  /**
   * Whether this piece is ours to fetch first. Rendezvous hashing gives each piece to one of all that fetch: all agree
   * without messages, and little changes when a member comes or goes.
   */
  isMine(piece: number): boolean {
    if (this.#mine[piece] === unknown) this.#mine[piece] = this.#fallsToUs(piece) ? ours : theirs;
    return this.#mine[piece] === ours;
  }

  #fallsToUs(piece: number): boolean {
    const own = mix(this.#selfSeed, piece);
    for (const { seed } of this.#members.values()) if (mix(seed, piece) > own) return false;
    return true;
  }

  #unclaim(piece: number, peerId: string): void {
    const claimants = this.#claims.get(piece);
    claimants?.delete(peerId);
    if (claimants?.size === 0) this.#claims.delete(piece);
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
