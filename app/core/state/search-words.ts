/**
 * How text becomes words, for the index and for what a person types alike. SQLite's own tokenizer then finds nothing left
 * to decide: it is the same on every version, and a word here is a word there. Pure.
 */

const maxWordLength = 48;
/** Answering takes time for each word, and no title needs more. */
const maxQueryWords = 8;
const maxQueryLength = 400;

/** Scripts that are written without spaces: each character is a word. */
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;
/**
 * Letters and digits are words apart: `FIFA22` is found by `fifa 22` and the reverse, and a list that numbers its titles
 * has a few words, not one for each, which a prefix of them would have to gather.
 */
const wordPattern = new RegExp(`${unspaced.source}|(?:(?!${unspaced.source})\\p{L})+|\\p{N}+`, 'gu');
const onlyAscii = /^[\0-\x7f]*$/;
const umlaut = /[äöü]/;
const umlauts: Readonly<Record<string, string>> = { ä: 'ae', ö: 'oe', ü: 'ue' };
/** Letters that Unicode does not take apart, as they are typed without them. */
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

/** One word as it may be written: without its accents and, with umlauts, also the German way (`munchen`, `muenchen`). */
export type WordForms = readonly [string, ...string[]];

/** Words in lower case, without accents; ligatures and full-width forms as plain letters. */
export function wordsOf(text: string): WordForms[] {
  if (onlyAscii.test(text))
    return (
      text
        .toLowerCase()
        .match(/[a-z]+|[0-9]+/g)
        ?.map((word) => [word]) ?? []
    );
  // By way of the upper case, ß becomes ss, and every other letter what its capital becomes.
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

/** What the index is fed: each word once, in every form. */
export function indexText(text: string): string {
  return [...new Set(wordsOf(text).flatMap((forms) => forms.map(cut)))].join(' ');
}

/**
 * The words to look for, or none. A word that another one begins with says nothing more and is left out, and so is what
 * exceeds eight words: the longest ones stay.
 */
export function queryWords(query: string): WordForms[] {
  const forms = wordsOf(query.slice(0, maxQueryLength)).map(
    ([first, ...more]): WordForms => [cut(first), ...more.map(cut)],
  );
  const telling = forms.filter(
    (word, index) =>
      !forms.some((other, place) => {
        if (place === index || !implies(other, word)) return false;
        // Of two that say the same the first one stays.
        return place < index || !implies(word, other);
      }),
  );
  return telling.sort(([a], [b]) => b.length - a.length).slice(0, maxQueryWords);
}

/** Whatever a word stands for, in any form, the other one stands for, too. */
function implies(word: WordForms, other: WordForms): boolean {
  return word.every((form) => other.some((beginning) => form.startsWith(beginning)));
}

function cut(word: string): string {
  return word.slice(0, maxWordLength);
}

/** As an FTS5 expression: all of them, each as the beginning of a word or each as a whole word. */
export function matchExpression(words: readonly WordForms[], { whole }: { whole: boolean }): string {
  const term = (word: string): string => (whole ? `"${word}"` : `"${word}" *`);
  return words
    .map((forms) => (forms.length === 1 ? term(forms[0]) : `(${forms.map(term).join(' OR ')})`))
    .join(' AND ');
}
