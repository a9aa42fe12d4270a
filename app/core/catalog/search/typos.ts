/** Words that somebody meant who typed another one. Pure. */

/** One mistake in words of four letters, two in words of eight. */
export function mistakesAllowed(word: string): number {
  return word.length >= 8 ? 2 : word.length >= 4 ? 1 : 0;
}

/** Rows of the table that counts mistakes; used again for every word. */
const rows = [new Uint8Array(64), new Uint8Array(64), new Uint8Array(64)] as const;
const longest = 48;

interface Mistakes {
  /** Held against the whole word; undefined when there are too many. */
  readonly whole: number | undefined;
  /** Held against the beginning of the word that fits best. */
  readonly beginning: number;
}

/**
 * How many letters were left out, added, changed or swapped between `typed` and `word`; undefined when more than `most`.
 * Words are held to 48 letters.
 */
export function mistakesBetween(typed: string, word: string, most: number): Mistakes | undefined {
  const height = Math.min(typed.length, longest);
  const width = Math.min(word.length, height + most, longest + most);
  let [before, last, current]: [Uint8Array, Uint8Array, Uint8Array] = [rows[0], rows[1], rows[2]];
  for (let column = 0; column <= width; column += 1) last[column] = column;
  for (let row = 1; row <= height; row += 1) {
    const letter = typed.charCodeAt(row - 1);
    current[0] = row;
    let best = row;
    for (let column = 1; column <= width; column += 1) {
      const isSame = letter === word.charCodeAt(column - 1);
      let cost = (last[column - 1] ?? 0) + (isSame ? 0 : 1);
      cost = Math.min(cost, (last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1);
      const isSwap =
        row > 1 &&
        column > 1 &&
        letter === word.charCodeAt(column - 2) &&
        typed.charCodeAt(row - 2) === word.charCodeAt(column - 1);
      if (isSwap) cost = Math.min(cost, (before[column - 2] ?? 0) + 1);
      current[column] = cost;
      if (cost < best) best = cost;
    }
    if (best > most) return undefined;
    [before, last, current] = [last, current, before];
  }
  let beginning = most + 1;
  for (let column = 0; column <= width; column += 1) beginning = Math.min(beginning, last[column] ?? beginning);
  if (beginning > most) return undefined;
  const whole = width === word.length ? (last[width] ?? most + 1) : most + 1;
  return { whole: whole <= most ? whole : undefined, beginning };
}

const mostMeant = 12;

/** Words of a catalog, ready to be held against what was typed. */
export class Vocabulary {
  readonly #words: readonly string[];
  /** Which letters and digits a word has, a bit for each. */
  readonly #letters: Int32Array;

  constructor(words: Iterable<string>) {
    this.#words = [...new Set(words)];
    this.#letters = Int32Array.from(this.#words, lettersOf);
  }

  /** The words with the fewest mistakes, whole ones before those that `typed` begins; none when there are too many. */
  meant(typed: string): readonly string[] {
    const most = mistakesAllowed(typed);
    if (most === 0) return [];
    const letters = lettersOf(typed);
    let best = Number.POSITIVE_INFINITY;
    let found: string[] = [];
    for (const [index, word] of this.#words.entries()) {
      // Each letter that the word lacks is a mistake.
      if (bits(letters & ~(this.#letters[index] ?? 0)) > most || word.length < typed.length - most) continue;
      const mistakes = mistakesBetween(typed, word, most);
      if (!mistakes) continue;
      const cost = mistakes.whole === undefined ? mistakes.beginning * 2 + 1 : mistakes.whole * 2;
      if (cost > best) continue;
      if (cost < best) found = [];
      best = cost;
      found.push(word);
    }
    return found.slice(0, mostMeant);
  }
}

/** Letters a to z have a bit each, everything else shares the rest. */
function lettersOf(word: string): number {
  let set = 0;
  for (let index = 0; index < word.length; index += 1) {
    const code = word.charCodeAt(index);
    set |= 1 << (code >= 97 && code <= 122 ? code - 97 : 26 + (code % 6));
  }
  return set;
}

function bits(set: number): number {
  let left = set;
  let count = 0;
  while (left !== 0) {
    left &= left - 1;
    count += 1;
  }
  return count;
}
