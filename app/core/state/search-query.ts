/** What a person typed, as a full-text query: every word must occur, each as the beginning of a word. Pure. */

const maxWords = 12;
const maxWordLength = 48;
const searchable = /[\p{L}\p{N}]/u;

/**
 * The FTS5 expression, or undefined when there is nothing to look for. Each word is a quoted string, in which FTS5 knows
 * no operator; what punctuation splits inside a word ("half-life") becomes a phrase.
 */
export function toSearchExpression(query: string): string | undefined {
  const words = query
    .slice(0, maxWords * maxWordLength)
    .toWellFormed()
    .split(/[\s\p{Cc}]+/u)
    .filter((word) => searchable.test(word))
    .slice(0, maxWords);
  if (words.length === 0) return undefined;
  return words.map((word) => `"${word.slice(0, maxWordLength).replaceAll('"', '""')}" *`).join(' ');
}

/** The same search in titles alone. */
export function inTitle(expression: string): string {
  return `title : (${expression})`;
}
