/** Which blocks are being fetched, by whom, and what of them is still missing. Pure: time comes in. */
import type { SourcePeer } from './source-peer.ts';

export interface Range {
  readonly id: number;
  readonly peerId: string;
  readonly firstBlock: number;
  readonly count: number;
}

export interface RunningRange extends Range {
  readonly peer: SourcePeer;
  readonly startedMs: number;
  lastByteMs: number;
  bytes: number;
  /** Of its blocks. */
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

  /** How many are being fetched from peers that have only a part. */
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

  /** How many fetch a block. */
  copiesOf(block: number): number {
    return this.#copies[block] ?? 0;
  }

  begin(
    peer: SourcePeer,
    { firstBlock, count, nowMs }: { firstBlock: number; count: number; nowMs: number },
  ): RunningRange {
    const times = { startedMs: nowMs, lastByteMs: nowMs };
    const range = {
      id: this.#nextId++,
      peerId: peer.peerId,
      peer,
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

  /** A block of a running range is missing no more. */
  onArrived(range: RunningRange, block: number): void {
    if (this.copiesOf(block) <= 1) range.missing -= 1;
    else for (const other of this) if (contains(other, block)) other.missing -= 1;
  }

  /** Those in which nothing is missing any more, and those that have not begun while their copies have. */
  superfluous(): number[] {
    const ids: number[] = [];
    for (const range of this) if (range.missing === 0 || this.#isOvertaken(range)) ids.push(range.id);
    return ids;
  }

  #isOvertaken({ bytes, firstBlock, count }: RunningRange): boolean {
    if (bytes > 0) return false;
    for (let block = firstBlock; block < firstBlock + count; block += 1) if (this.copiesOf(block) < 2) return false;
    for (const other of this)
      if (other.bytes > 0 && other.firstBlock <= firstBlock && other.firstBlock + other.count >= firstBlock + count)
        return true;
    return false;
  }
}

export function contains({ firstBlock, count }: Range, block: number): boolean {
  return block >= firstBlock && block < firstBlock + count;
}
