/** Finds games by their names, best first. All names are held in memory. Pure. */
import { nameForms, smallWords, wordsOfName, type NameForms } from './names.ts';
import { PrefixIndex } from './prefix-index.ts';
import { mistakesAllowed, Vocabulary } from './typos.ts';

interface NamedGame {
  readonly title: string;
  readonly aliases?: readonly string[] | undefined;
}

interface TitleHits {
  /** Places among the games, best first. */
  readonly found: readonly number[];
  /** What was taken for what was typed, where that names no game. */
  readonly meant?: string;
}

const maxQueryLength = 400;
const maxQueryWords = 8;
/** What is longer is no abbreviation. */
const longestAbbreviation = 5;
const longestInitials = 12;

/** How well a game fits; the lower the better. */
const fit = {
  sameName: 0,
  sameInitials: 1,
  nameBegins: 2,
  wholeWords: 3,
  initialsBegin: 4,
  beginnings: 5,
  initialsAndWords: 6,
  within: 7,
  like: 8,
} as const;
const nothing = 255;

export class TitleSearch {
  readonly #games: readonly NamedGame[];
  readonly #forms: readonly NameForms[];
  readonly #words: PrefixIndex;
  readonly #joined: PrefixIndex;
  readonly #initials: PrefixIndex;
  /** For each game: the best fit so far, and how many words in a row were found as beginnings and as a whole. */
  readonly #fits: Uint8Array;
  readonly #begun: Uint8Array;
  readonly #whole: Uint8Array;
  #likeWords: Vocabulary | undefined;
  #likeNames: Vocabulary | undefined;

  /** `games` stand in the order that equally good ones are given in. */
  constructor(games: readonly NamedGame[]) {
    this.#games = games;
    this.#forms = games.map(({ title, aliases = [] }) => nameForms([title, ...aliases]));
    const index = (of: 'words' | 'joined' | 'initials'): PrefixIndex =>
      new PrefixIndex(games.length, (game) => this.#forms[game]?.[of] ?? []);
    this.#words = index('words');
    this.#joined = index('joined');
    this.#initials = index('initials');
    this.#fits = new Uint8Array(games.length);
    this.#begun = new Uint8Array(games.length);
    this.#whole = new Uint8Array(games.length);
  }

  search(text: string, limit: number): TitleHits {
    const typed = wordsOfName(text.slice(0, maxQueryLength));
    const words = typed.canonical.slice(0, maxQueryWords);
    if (words.length === 0 || limit <= 0) return { found: [] };
    const forms = typed.forms.slice(0, maxQueryWords);
    this.#fits.fill(nothing);
    this.#fitNames(words);
    this.#fitWords(words, forms);
    const found = this.#best(limit);
    if (found.length > 0) return { found };
    this.#fitWithin(words.join(''));
    const within = this.#best(limit);
    return within.length > 0 ? { found: within } : this.#withMistakes(words, limit);
  }

  #fit(how: number, games: Iterable<number>): void {
    for (const game of games) if (how < (this.#fits[game] ?? 0)) this.#fits[game] = how;
  }

  #fitNames(words: readonly string[]): void {
    const joined = words.join('');
    this.#fit(fit.sameName, this.#joined.games(joined));
    this.#joined.forEachBeginning(joined, (game) => this.#fit(fit.nameBegins, [game]));
    if (joined.length < 2) return;
    if (joined.length <= longestInitials) this.#fit(fit.sameInitials, this.#initials.games(joined));
    if (joined.length <= longestAbbreviation)
      this.#initials.forEachBeginning(joined, (game) => this.#fit(fit.initialsBegin, [game]));
    const abbreviation = abbreviationOf(joined);
    if (abbreviation)
      this.#joined.forEachBeginning(joined.slice(0, 1), (game) => {
        const names = this.#forms[game]?.inOrder ?? [];
        if (names.some((name) => abbreviation.test(name.join(' ')))) this.#fit(fit.initialsBegin, [game]);
      });
    const [first = '', ...more] = words;
    if (more.length === 0 || first.length < 2 || first.length > longestAbbreviation) return;
    // `cod modern`: initials first, words after.
    for (const game of this.#initials.games(first)) {
      const present = [...(this.#forms[game]?.words ?? [])];
      if (more.every((word) => present.some((one) => one.startsWith(word)))) this.#fit(fit.initialsAndWords, [game]);
    }
  }

  /** Each word, in any form, is a word of the game or the beginning of one. Small words may be missing. */
  #fitWords(words: readonly string[], forms: readonly (readonly string[])[]): void {
    const telling = forms.filter((_, index) => !smallWords.has(words[index] ?? ''));
    const small = forms.filter((_, index) => smallWords.has(words[index] ?? ''));
    const needed = telling.length > 0 ? telling : forms;
    this.#begun.fill(0);
    this.#whole.fill(0);
    for (const [index, each] of needed.entries())
      for (const form of each) {
        this.#words.forEachBeginning(form, (game) => {
          if (this.#begun[game] === index) this.#begun[game] = index + 1;
        });
        for (const game of this.#words.games(form)) if (this.#whole[game] === index) this.#whole[game] = index + 1;
      }
    for (const [game, count] of this.#begun.entries())
      if (count === needed.length && fit.beginnings < (this.#fits[game] ?? 0)) this.#fits[game] = fit.beginnings;
    for (const [game, count] of this.#whole.entries()) {
      if (count !== needed.length || fit.wholeWords >= (this.#fits[game] ?? 0)) continue;
      const hasSmall =
        needed === forms || small.every((each) => each.some((form) => this.#forms[game]?.words.has(form)));
      if (hasSmall) this.#fits[game] = fit.wholeWords;
    }
  }

  /** Some words in a row, without their gaps, begin so: `gate2`. */
  #fitWithin(joined: string): void {
    if (joined.length < 3) return;
    for (const name of this.#joined.words) {
      if (!name.includes(joined)) continue;
      for (const game of this.#joined.games(name)) {
        const names = this.#forms[game]?.inOrder ?? [];
        const isWithin = names.some((words) =>
          words.some((_, index) => words.slice(index).join('').startsWith(joined)),
        );
        if (isWithin) this.#fit(fit.within, [game]);
      }
    }
  }

  #best(limit: number): number[] {
    const byFit: number[][] = Array.from({ length: fit.like + 1 }, () => []);
    for (const [game, how] of this.#fits.entries()) if (how !== nothing) byFit[how]?.push(game);
    return byFit.flat().slice(0, limit);
  }

  #withMistakes(words: readonly string[], limit: number): TitleHits {
    this.#likeWords ??= new Vocabulary(this.#words.words);
    const meant = words.map((word) => (this.#words.hasBeginning(word) ? [word] : (this.#likeWords?.meant(word) ?? [])));
    const isPossible = meant.every((like, index) => like.length > 0 || smallWords.has(words[index] ?? ''));
    if (isPossible) {
      this.#fits.fill(nothing);
      this.#fitWords(words, meant);
      const found = this.#best(limit);
      const text = meant.map(([first = '']) => first).join(' ');
      if (found.length > 0) return text === words.join(' ') ? { found } : { found, meant: text };
    }
    return this.#joinedWithMistakes(words.join(''), limit);
  }

  /** `countrstrike`: the gap is missing, and a letter. */
  #joinedWithMistakes(joined: string, limit: number): TitleHits {
    if (mistakesAllowed(joined) === 0) return { found: [] };
    this.#likeNames ??= new Vocabulary(this.#joined.words);
    this.#fits.fill(nothing);
    for (const name of this.#likeNames.meant(joined)) this.#fit(fit.like, this.#joined.games(name));
    const found = this.#best(limit);
    const title = found[0] === undefined ? undefined : this.#games[found[0]]?.title;
    return title === undefined ? { found } : { found, meant: title };
  }
}

/** `bf2` is Battlefield 2: letters in their order within the word that begins the name, and the number after it. */
function abbreviationOf(joined: string): RegExp | undefined {
  const [, letters = '', number = ''] = /^(\p{L}{2,3})(\p{N}{1,4})$/u.exec(joined) ?? [];
  if (letters === '') return undefined;
  return new RegExp(`^${Array.from(letters).join('\\p{L}*?')}\\p{L}* ${number}(?: |$)`, 'u');
}
