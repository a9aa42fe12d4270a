/**
 * Splits text into words, in the same way for the index and for a typed query. SQLite's own tokenizer then has nothing left
 * to decide, so the result is the same on every version. Pure.
 */

const maxWordLength = 48;
/** A search takes time for each word, and no title needs more. */
const maxQueryWords = 8;
const maxQueryLength = 400;

/** Scripts without spaces between words: each character is a word. */
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;
/**
 * Letters and digits are separate words: `fifa 22` finds `FIFA22` and the reverse. A list that numbers its titles then has a
 * few words, not one per title, and a prefix search gathers fewer.
 */
const wordPattern = new RegExp(`${unspaced.source}|(?:(?!${unspaced.source})\\p{L})+|\\p{N}+`, 'gu');
const onlyAscii = /^[\0-\x7f]*$/;
const umlaut = /[äöü]/;
const umlauts: Readonly<Record<string, string>> = { ä: 'ae', ö: 'oe', ü: 'ue' };
/** Letters that Unicode does not decompose, and their typed substitutes. */
const plainLetters: Readonly<Record<string, string>> = {
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
  ħ: 'h',
};
const special = new RegExp(`[${Object.keys(plainLetters).join('')}]`, 'g');

/**
 * One word in the ways it may be typed: without accents and, with umlauts, also in the German way (`munchen`, `muenchen`).
 */
export type WordForms = readonly [string, ...string[]];

/** The words in lower case, without accents; ligatures and full-width forms become plain letters. */
export function wordsOf(text: string): WordForms[] {
  if (onlyAscii.test(text))
    return (
      text
        .toLowerCase()
        .match(/[a-z]+|[0-9]+/g)
        ?.map((word) => [word]) ?? []
    );
  // Going through upper case turns ß into ss, and every other letter into the form of its capital.
  const lower = text.toWellFormed().normalize('NFC').toLowerCase().toUpperCase().toLowerCase();
  const words = plainWords(lower);
  if (!umlaut.test(lower)) return words.map((word) => [word]);
  const german = plainWords(lower.replaceAll(/[äöü]/g, (letter) => umlauts[letter] ?? letter));
  return words.map((word, index) => {
    const other = german[index];
    return other === undefined || other === word ? [word] : [word, other];
  });
}

function plainWords(lower: string): string[] {
  const plain = lower
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .normalize('NFC')
    .toLowerCase()
    .replaceAll(special, (letter) => plainLetters[letter] ?? letter);
  return plain.match(wordPattern) ?? [];
}

/** The text for the index: each word once, in every form. */
export function indexText(text: string): string {
  return [...new Set(wordsOf(text).flatMap((forms) => forms.map(cut)))].join(' ');
}

/**
 * The words to search for, or none. Leaves out a word that another word begins with, because it adds nothing. Beyond eight
 * words the longest ones stay.
 */
export function queryWords(query: string): WordForms[] {
  const forms = wordsOf(query.slice(0, maxQueryLength)).map(
    ([first, ...more]): WordForms => [cut(first), ...more.map(cut)],
  );
  const telling = forms.filter(
    (word, index) =>
      !forms.some((other, place) => {
        if (place === index || !implies(other, word)) return false;
        // Of two words that say the same, the first one stays.
        return place < index || !implies(word, other);
      }),
  );
  return telling.sort(([a], [b]) => b.length - a.length).slice(0, maxQueryWords);
}

/** Whether every text that matches `word`, in any form, also matches `other`. */
function implies(word: WordForms, other: WordForms): boolean {
  return word.every((form) => other.some((beginning) => form.startsWith(beginning)));
}

function cut(word: string): string {
  return word.slice(0, maxWordLength);
}

/** The words as an FTS5 expression: all must match, each as the beginning of a word or as a whole word. */
export function matchExpression(words: readonly WordForms[], { whole }: { whole: boolean }): string {
  const term = (word: string): string => (whole ? `"${word}"` : `"${word}" *`);
  return words
    .map((forms) => (forms.length === 1 ? term(forms[0]) : `(${forms.map(term).join(' OR ')})`))
    .join(' AND ');
}
