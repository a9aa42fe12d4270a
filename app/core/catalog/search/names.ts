/**
 * A game's names as people type them: without punctuation, joined, as initials, with numbers in both ways of writing.
 * Pure.
 */
import { wordsOf } from '../../state/index.ts';

export interface NameForms {
  /** Words of title and aliases, each in every form. */
  readonly words: ReadonlySet<string>;
  /** Each name without spaces. */
  readonly joined: ReadonlySet<string>;
  /** Initials of each name and of its parts. */
  readonly initials: ReadonlySet<string>;
  /** The words of each name in order, numbers as digits. */
  readonly inOrder: readonly (readonly string[])[];
}

interface Words {
  /** Numbers as digits. */
  readonly canonical: readonly string[];
  /** Each word in every form it may be written; the first is as it was written. */
  readonly forms: readonly (readonly string[])[];
}

const apostrophes = /['’‘`´]/g;
const camel = /(\p{Ll})(\p{Lu})/gu;
const hasCamel = /\p{Ll}\p{Lu}/u;
/** A subtitle often has an abbreviation of its own. */
const parts = /[:–—/()[\]]|\s-\s/;
export const smallWords: ReadonlySet<string> = new Set(
  'the of and a an in on to for vs der die das und le la les de du'.split(' '),
);
const longestWord = 48;
const longestInitials = 12;

const romans = 'i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx'.split(' ');
const digitsOf: ReadonlyMap<string, string> = new Map(romans.map((roman, index) => [roman, String(index + 1)]));
const spelled: ReadonlyMap<string, string> = new Map(
  'one two three four five six seven eight nine ten'.split(' ').map((word, index) => [word, String(index + 1)]),
);

/** The words of what somebody typed, or of a name. Apostrophes are no gaps; a Roman number is never the first word. */
export function wordsOfName(text: string, { isFirst = true }: { isFirst?: boolean } = {}): Words {
  const canonical: string[] = [];
  const forms: string[][] = [];
  for (const each of wordsOf(text.replaceAll(apostrophes, ''))) {
    const written = each.map((word) => word.slice(0, longestWord));
    const [first = ''] = written;
    const digits = isFirst && canonical.length === 0 ? undefined : digitsOf.get(first);
    const word = digits ?? first;
    canonical.push(word);
    const more = digits ?? spelled.get(first);
    forms.push(more === undefined ? written : [...written, more]);
  }
  return { canonical, forms };
}

export function nameForms(names: readonly string[]): NameForms {
  const words = new Set<string>();
  const joined = new Set<string>();
  const initials = new Set<string>();
  const inOrder: string[][] = [];
  for (const name of names) {
    const all: Words[] = [];
    for (const part of name.split(parts)) {
      const split = hasCamel.test(part) ? part.replaceAll(camel, '$1 $2') : part;
      all.push(wordsOfName(split, { isFirst: all.length === 0 }));
      if (split !== part) for (const each of wordsOfName(part).forms) for (const word of each) words.add(word);
    }
    const canonical = all.flatMap((each) => each.canonical);
    for (const { forms } of all) for (const each of forms) for (const word of each) words.add(word);
    for (const word of spelledOut(canonical)) words.add(word);
    for (const [index, word] of canonical.entries()) {
      const roman = index > 0 ? romans[Number(word) - 1] : undefined;
      if (roman !== undefined) words.add(roman);
    }
    const hasAnd = name.includes('&');
    if (hasAnd) for (const word of ['and', 'und', 'n']) words.add(word);
    if (canonical.length > 0) joined.add(canonical.join(''));
    inOrder.push(canonical);
    const whole = { canonical, forms: all.flatMap((each) => each.forms) };
    for (const each of all.length > 1 ? [whole, ...all] : all) addInitials(each, initials);
    if (hasAnd) addInitials(wordsOfName(name.replaceAll('&', ' and ')), initials);
  }
  return { words, joined, initials, inOrder };
}

/** `s t a l k e r` is one word that somebody wrote with dots. */
function spelledOut(words: readonly string[]): string[] {
  const found: string[] = [];
  let letters = '';
  for (const word of [...words, '']) {
    if (word.length === 1 && /\p{L}/u.test(word)) letters += word;
    else {
      if (letters.length > 1) found.push(letters);
      letters = '';
    }
  }
  return found;
}

/** With and without small words, with `n` for `and`; numbers stay whole and may be left out at the end: `cod4`, `cod`. */
function addInitials({ canonical, forms }: Words, to: Set<string>): void {
  // A word alone has no initials, but with its number it has: `d2`.
  if (canonical.length < 2) return;
  let [whole, written, telling, withoutAnd, withN] = ['', '', '', '', ''];
  for (const [index, word] of canonical.entries()) {
    const letter = initialOf(word);
    const raw = forms[index]?.[0] ?? word;
    whole += letter;
    written += raw === word ? letter : raw;
    if (!smallWords.has(word)) telling += letter;
    if (word !== 'and') withoutAnd += letter;
    withN += word === 'and' ? 'n' : letter;
  }
  for (const letters of new Set([whole, written, telling, withoutAnd, withN]))
    for (const each of [letters, letters.replace(/\p{N}+$/u, '')])
      if (each.length > 1 && each.length <= longestInitials && /\p{L}/u.test(each)) to.add(each);
}

function initialOf(word: string): string {
  return /^\p{N}/u.test(word) ? word : (word.match(/^./u)?.[0] ?? '');
}
