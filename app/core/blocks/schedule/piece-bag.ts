/** Piece numbers without order: cheap to add and drop, searched from a random place. Pure. */
export class PieceBag {
  readonly #pieces: number[];

  constructor(pieces: Iterable<number> = []) {
    this.#pieces = [...pieces];
  }

  get size(): number {
    return this.#pieces.length;
  }

  /** The caller adds each piece only once. */
  add(piece: number): void {
    this.#pieces.push(piece);
  }

  /**
   * Passes pieces to `look` from a random place on, until it has answered `seen` `mostLooks` times. `drop`: the piece
   * is never wanted again; `skip`: not now.
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
        // The last piece takes the place of the dropped one. After the search has wrapped round, that piece may be seen
        // twice or not at all; the next search finds it.
        const last = pieces.pop();
        if (last !== undefined && at < pieces.length) pieces[at] = last;
        continue;
      }
      if (verdict === 'seen') looks += 1;
      at += 1;
    }
  }
}
