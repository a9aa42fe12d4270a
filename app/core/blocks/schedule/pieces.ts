/**
 * Groups blocks into pieces of about 4 MiB, the unit in which a swarm shares work. Thousands of tiny files make as many
 * pieces as one large file of the same size. Pure.
 */
import { blockSizeBytes, type ManifestLayout } from '../../protocol/index.ts';

export class Pieces {
  readonly count: number;
  readonly #pieceOf: Uint32Array;
  /** One entry more than there are pieces: the last one is the block count. */
  readonly #firsts: Uint32Array;

  constructor(layout: ManifestLayout, { pieceBytes = blockSizeBytes }: { pieceBytes?: number } = {}) {
    this.#pieceOf = new Uint32Array(layout.blockCount);
    const firsts: number[] = [];
    let bytes = Infinity;
    for (let block = 0; block < layout.blockCount; block += 1) {
      const { lengthBytes } = layout.place(block);
      if (bytes + lengthBytes > pieceBytes) {
        firsts.push(block);
        bytes = 0;
      }
      bytes += lengthBytes;
      this.#pieceOf[block] = firsts.length - 1;
    }
    this.count = firsts.length;
    firsts.push(layout.blockCount);
    this.#firsts = Uint32Array.from(firsts);
  }

  of(block: number): number {
    return this.#pieceOf[block] ?? 0;
  }

  /** The first block of a piece. For the piece after the last one: the block count. */
  first(piece: number): number {
    return this.#firsts[piece] ?? 0;
  }
}
