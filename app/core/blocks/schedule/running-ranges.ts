/**
 * Which blocks are being fetched, from which peer, and which of them are still missing. Pure: the caller passes the
 * time in.
 */
import type { SourcePeer } from './source-peer.ts';

export interface Range {
  readonly id: number;
  readonly peerId: string;
  readonly firstBlock: number;
  readonly count: number;
}

/**
 * Why a range is fetched. `first`: nobody fetched its blocks yet. `race`: another copy waits in a queue, and the copy
 * that begins first goes on. `rescue`: every other copy is slow, and this one goes on whatever they do.
 */
export type RangePurpose = 'first' | 'race' | 'rescue';

export interface RunningRange extends Range {
  readonly peer: SourcePeer;
  readonly purpose: RangePurpose;
  readonly startedMs: number;
  lastByteMs: number;
  bytes: number;
  /** How many of its blocks are missing. */
  missing: number;
}

export class RunningRanges implements Iterable<RunningRange> {
  readonly #ranges = new Map<number, RunningRange>();
  /** How many running ranges each block is part of. */
  readonly #copies: Uint8Array;
  #nextId = 1;

  constructor(blockCount: number) {
    this.#copies = new Uint8Array(blockCount);
  }

  get size(): number {
    return this.#ranges.size;
  }

  /** How many ranges are being fetched from peers that have only a part. */
  get fromMembers(): number {
    let count = 0;
    for (const { peer } of this) if (peer.have !== 'all') count += 1;
    return count;
  }

  get(id: number): RunningRange | undefined {
    return this.#ranges.get(id);
  }

  [Symbol.iterator](): IterableIterator<RunningRange> {
    return this.#ranges.values();
  }

  /** How many ranges fetch a block. */
  copiesOf(block: number): number {
    return this.#copies[block] ?? 0;
  }

  begin(
    peer: SourcePeer,
    {
      firstBlock,
      count,
      purpose = 'first',
      nowMs,
    }: { firstBlock: number; count: number; purpose?: RangePurpose; nowMs: number },
  ): RunningRange {
    const times = { startedMs: nowMs, lastByteMs: nowMs };
    const range = {
      id: this.#nextId++,
      peerId: peer.peerId,
      peer,
      purpose,
      firstBlock,
      count,
      ...times,
      bytes: 0,
      missing: count,
    };
    this.#ranges.set(range.id, range);
    peer.running.add(range.id);
    for (let block = firstBlock; block < firstBlock + count; block += 1) this.#copies[block] = this.copiesOf(block) + 1;
    return range;
  }

  end(id: number): RunningRange | undefined {
    const range = this.#ranges.get(id);
    if (!range) return undefined;
    this.#ranges.delete(id);
    range.peer.running.delete(id);
    const { firstBlock, count } = range;
    for (let block = firstBlock; block < firstBlock + count; block += 1) this.#copies[block] = this.copiesOf(block) - 1;
    return range;
  }

  /** A block of a running range has arrived. */
  onArrived(range: RunningRange, block: number): void {
    if (this.copiesOf(block) <= 1) range.missing -= 1;
    else for (const other of this) if (contains(other, block)) other.missing -= 1;
  }

  /** Ranges in which nothing is missing any more, and ranges that lost a race before they began. */
  superfluous(): number[] {
    const ids: number[] = [];
    for (const range of this) if (range.missing === 0 || this.#hasLostRace(range)) ids.push(range.id);
    return ids;
  }

  #hasLostRace(range: RunningRange): boolean {
    const { bytes, purpose, firstBlock, count } = range;
    if (bytes > 0 || purpose === 'rescue') return false;
    for (let block = firstBlock; block < firstBlock + count; block += 1) if (this.copiesOf(block) < 2) return false;
    for (const other of this) {
      const isRace = purpose === 'race' || other.purpose === 'race';
      if (isRace && other !== range && other.bytes > 0 && covers(other, range)) return true;
    }
    return false;
  }
}

export function contains({ firstBlock, count }: Range, block: number): boolean {
  return block >= firstBlock && block < firstBlock + count;
}

function covers(range: Range, other: Range): boolean {
  return range.firstBlock <= other.firstBlock && range.firstBlock + range.count >= other.firstBlock + other.count;
}
