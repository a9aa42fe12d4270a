/** What is missing, and what of it is open: nobody fetches it. Pure. */
import type { Bitmap } from '../../base/index.ts';
import { limits, type ManifestLayout } from '../../protocol/index.ts';
import type { RunningRanges } from './running-ranges.ts';

export interface BlockSpan {
  readonly firstBlock: number;
  readonly count: number;
}

/** Whether somebody may be asked for a block. */
export type MayAsk = (block: number) => boolean;

export class MissingBlocks {
  readonly verified: Bitmap;
  readonly #layout: ManifestLayout;
  readonly #ranges: RunningRanges;
  /** Every block below is verified or under way: a scan begins here, not at 0. */
  #lowest = 0;
  #bytes = 0;

  constructor({ layout, verified, ranges }: { layout: ManifestLayout; verified: Bitmap; ranges: RunningRanges }) {
    this.#layout = layout;
    this.verified = verified;
    this.#ranges = ranges;
    for (let block = 0; block < layout.blockCount; block += 1)
      if (!verified.has(block)) this.#bytes += layout.place(block).lengthBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  isMissing(block: number): boolean {
    return block < this.#layout.blockCount && !this.verified.has(block);
  }

  isOpen(block: number): boolean {
    return this.isMissing(block) && this.#ranges.copiesOf(block) === 0;
  }

  /** A block was verified; tells whether it was missing until now. */
  onVerified(block: number): boolean {
    if (!this.verified.add(block)) return false;
    this.#bytes -= this.#layout.place(block).lengthBytes;
    return true;
  }

  /** From this block on something may be open again. */
  reopen(firstBlock: number): void {
    this.#lowest = Math.min(this.#lowest, firstBlock);
  }

  /** The first open block that may be asked for. */
  first(mayAsk: MayAsk): number | undefined {
    const { blockCount } = this.#layout;
    while (this.#lowest < blockCount && !this.isOpen(this.#lowest)) this.#lowest += 1;
    for (let block = this.#lowest; block < blockCount; block += 1)
      if (this.isOpen(block) && mayAsk(block)) return block;
    return undefined;
  }

  /** The same from `first` up to and without `end`. */
  firstWithin({ first, end }: { first: number; end: number }, mayAsk: MayAsk): number | undefined {
    for (let block = first; block < end; block += 1) if (this.isOpen(block) && mayAsk(block)) return block;
    return undefined;
  }

  /** Open blocks in a row from an open one on, within one request, up to `end` and about `budgetBytes`. */
  span(
    firstBlock: number,
    { mayAsk, end = Infinity, budgetBytes = Infinity }: { mayAsk: MayAsk; end?: number; budgetBytes?: number },
  ): BlockSpan {
    const last = Math.min(end, firstBlock + limits.blocksPerRequest);
    let bytes = this.#layout.place(firstBlock).lengthBytes;
    let count = 1;
    for (let block = firstBlock + 1; block < last && this.isOpen(block) && mayAsk(block); block += 1) {
      bytes += this.#layout.place(block).lengthBytes;
      if (bytes > budgetBytes) break;
      count += 1;
    }
    return { firstBlock, count };
  }
}
