/** The missing blocks, and which of them are open: nobody fetches them. Pure. */
import type { Bitmap } from '../../base/index.ts';
import { limits, type ManifestLayout } from '../../protocol/index.ts';
import type { RunningRanges } from './running-ranges.ts';

export interface BlockSpan {
  readonly firstBlock: number;
  readonly count: number;
}

/** Whether the peer at hand may be asked for a block. */
export type MayAsk = (block: number) => boolean;

export class MissingBlocks {
  readonly verified: Bitmap;
  readonly #layout: ManifestLayout;
  readonly #ranges: RunningRanges;
  /** Every block below it is verified or under way, so a scan begins here, not at 0. */
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

  /** Marks a block as verified. Tells whether it was missing until now. */
  onVerified(block: number): boolean {
    if (!this.verified.add(block)) return false;
    this.#bytes -= this.#layout.place(block).lengthBytes;
    return true;
  }

  /** Blocks from here on may be open again. */
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

  /** The first such block from `first` up to `end`, without `end`. */
  firstWithin({ first, end }: { first: number; end: number }, mayAsk: MayAsk): number | undefined {
    for (let block = first; block < end; block += 1) if (this.isOpen(block) && mayAsk(block)) return block;
    return undefined;
  }

  /**
   * The open blocks in a row from `firstBlock`, which is open. At most one request long, up to `end` and about
   * `budgetBytes`.
   */
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
