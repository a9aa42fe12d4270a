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
const wordPattern = new RegExp(`${unspaced.source}|(?:(?!${unspaced.source})[\\p{L}\\p{N}])+`, 'gu');
const onlyAscii = /^[\0-\x7f]*$/;

/** Words in lower case, without accents; ligatures and full-width forms as plain letters. */
export function wordsOf(text: string): string[] {
  if (onlyAscii.test(text)) return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const plain = text.toWellFormed().toLowerCase().normalize('NFKD').replaceAll(/\p{M}/gu, '').normalize('NFC');
  return plain.match(wordPattern) ?? [];
}

/** What the index is fed: each word once. */
export function indexText(text: string): string {
  return [...new Set(wordsOf(text).map((word) => word.slice(0, maxWordLength)))].join(' ');
}

/**
 * The words to look for, or none. A word that another one begins with says nothing more and is left out, and so is what
 * exceeds eight words: the longest ones stay.
 */
export function queryWords(query: string): string[] {
  const words = [...new Set(wordsOf(query.slice(0, maxQueryLength)).map((word) => word.slice(0, maxWordLength)))];
  const telling = words.filter((word) => !words.some((other) => other !== word && other.startsWith(word)));
  return telling.sort((a, b) => b.length - a.length).slice(0, maxQueryWords);
}

/** As an FTS5 expression: all of them, each as the beginning of a word or each as a whole word. */
export function matchExpression(words: readonly string[], { whole }: { whole: boolean }): string {
  return words.map((word) => (whole ? `"${word}"` : `"${word}" *`)).join(' ');
}
