/** Which games have a word, or a word that begins so: words in order, and for each the places of its games. */
export class PrefixIndex {
  readonly #words: readonly string[];
  readonly #games: readonly Int32Array[];
  readonly #byWord: ReadonlyMap<string, number>;

  /** `wordsOf` gives the words of the game at a place from 0 to `count` - 1. */
  constructor(count: number, wordsOf: (game: number) => Iterable<string>) {
    const gathered = new Map<string, number[]>();
    for (let game = 0; game < count; game += 1)
      for (const word of wordsOf(game)) {
        const games = gathered.get(word);
        if (games) games.push(game);
        else gathered.set(word, [game]);
      }
    this.#words = [...gathered.keys()].sort();
    this.#games = this.#words.map((word) => Int32Array.from(gathered.get(word) ?? []));
    this.#byWord = new Map(this.#words.map((word, index) => [word, index]));
  }

  get words(): readonly string[] {
    return this.#words;
  }

  /** Of the very word. */
  games(word: string): Iterable<number> {
    return this.#games[this.#byWord.get(word) ?? -1] ?? [];
  }

  hasBeginning(beginning: string): boolean {
    return this.#words[this.#firstFrom(beginning)]?.startsWith(beginning) ?? false;
  }

  /** Calls `visit` for each game of each word that begins so; a game may come twice. */
  forEachBeginning(beginning: string, visit: (game: number) => void): void {
    for (let at = this.#firstFrom(beginning); this.#words[at]?.startsWith(beginning); at += 1)
      for (const game of this.#games[at] ?? []) visit(game);
  }

  #firstFrom(text: string): number {
    let [low, high] = [0, this.#words.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#words[middle] ?? '') < text) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
