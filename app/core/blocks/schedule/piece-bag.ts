/** Piece numbers without order: added and dropped at no cost, looked through from a place that chance gives. Pure. */
export class PieceBag {
  readonly #pieces: number[];

  constructor(pieces: Iterable<number> = []) {
    this.#pieces = [...pieces];
  }

  get size(): number {
    return this.#pieces.length;
  }

  /** The caller sees to it that a piece is added once. */
  add(piece: number): void {
    this.#pieces.push(piece);
  }

  /**
   * Shows piece after piece, beginning anywhere, until `look` has shown interest in `mostLooks`. `drop`: it is not wanted
   * any more, for ever; `skip`: not now.
   */
  search(
    look: (piece: number) => 'drop' | 'skip' | 'seen',
    { random, mostLooks }: { random: () => number; mostLooks: number },
  ): void {
    const pieces = this.#pieces;
    let at = Math.floor(random() * pieces.length);
    let looks = 0;
    for (let left = pieces.length; left > 0 && looks < mostLooks; left -= 1) {
      if (at >= pieces.length) at = 0;
      const verdict = look(pieces[at] ?? 0);
      if (verdict === 'drop') {
        // The last takes its place. Where the search has wrapped round it is seen twice or not at all; the next finds it.
        const last = pieces.pop();
        if (last !== undefined && at < pieces.length) pieces[at] = last;
        continue;
      }
      if (verdict === 'seen') looks += 1;
      at += 1;
    }
  }
}
