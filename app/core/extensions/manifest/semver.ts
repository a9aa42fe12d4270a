/**
 * The part of semantic versioning that `engines.lanspread` needs, as npm understands it: `1.2.3`, `1.2`, `1.x`, `*`, `^`, `~`,
 * `>=`, `>`, `<=`, `<`, `=`, `1.2.3 - 2.0.0`; several with a space (all of them), and `||` (any). A version that is not
 * released yet (`1.2.0-beta.1`) counts as the released one. Pure.
 */

interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** What stands behind the hyphen, in parts. */
  readonly prerelease: readonly string[];
}

type Triple = readonly [number, number, number];
/** From (with it) to (without it). */
interface Span {
  readonly from: Triple;
  readonly to: Triple;
}

/** Spans of which one has to hold the version. */
type VersionRange = readonly Span[];

const versionPattern =
  /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;
const comparatorPattern =
  /^(\^|~|>=|<=|>|<|=|)v?(\d{1,9}|[xX*])(?:\.(\d{1,9}|[xX*]))?(?:\.(\d{1,9}|[xX*]))?(?:[-+][0-9A-Za-z.+-]+)?$/;

const nothing: Triple = [0, 0, 0];
const endless: Triple = [Number.POSITIVE_INFINITY, 0, 0];

/** Undefined: not a semantic version. */
export function parseVersion(text: string): Version | undefined {
  const found = text.length <= 100 ? versionPattern.exec(text) : null;
  if (!found) return undefined;
  const [, major, minor, patch, prerelease] = found;
  return {
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch),
    prerelease: prerelease === undefined ? [] : prerelease.split('.'),
  };
}

/** Negative when `a` comes before `b`, by the rules of semantic versioning. Throws `RangeError` when one is no version. */
export function compareVersions(a: string, b: string): number {
  const [first, second] = [parseVersion(a), parseVersion(b)];
  if (!first || !second) throw new RangeError(`${JSON.stringify(first ? b : a)} is not a version`);
  return compareTriples(tripleOf(first), tripleOf(second)) || comparePrereleases(first.prerelease, second.prerelease);
}

/** Undefined: not a range of versions. */
export function parseRange(text: string): VersionRange | undefined {
  if (text.length > 200) return undefined;
  const spans: Span[] = [];
  for (const alternative of text.split('||')) {
    const span = parseAll(alternative.trim());
    if (!span) return undefined;
    spans.push(span);
  }
  return spans;
}

export function isInRange(version: Version, range: VersionRange): boolean {
  const triple = tripleOf(version);
  return range.some(({ from, to }) => compareTriples(triple, from) >= 0 && compareTriples(triple, to) < 0);
}

/** Comparators that all have to hold. */
function parseAll(text: string): Span | undefined {
  const hyphen = /^(\S+) - (\S+)$/.exec(text);
  const joined = text.replaceAll(/(\^|~|>=|<=|>|<|=)\s+/g, '$1');
  const words = hyphen ? [`>=${hyphen[1] ?? ''}`, `<=${hyphen[2] ?? ''}`] : joined.split(/\s+/);
  let all: Span = { from: nothing, to: endless };
  for (const word of words) {
    const span = parseOne(word === '' ? '*' : word);
    if (!span) return undefined;
    all = { from: later(all.from, span.from), to: compareTriples(all.to, span.to) < 0 ? all.to : span.to };
  }
  return all;
}

function parseOne(word: string): Span | undefined {
  const found = comparatorPattern.exec(word);
  if (!found) return undefined;
  const [, operator = '', ...texts] = found;
  const given: number[] = [];
  for (const text of texts) {
    if (text === undefined || /[xX*]/.test(text)) break;
    given.push(Number(text));
  }
  const from: Triple = [given[0] ?? 0, given[1] ?? 0, given[2] ?? 0];
  /** The first version that does not begin with what was given. */
  const behind = given.length === 0 ? endless : raise(from, given.length - 1);
  switch (operator) {
    case '>=':
      return { from, to: endless };
    case '>':
      return { from: behind, to: endless };
    case '<':
      return { from: nothing, to: from };
    case '<=':
      return { from: nothing, to: behind };
    case '~':
      return { from, to: given.length <= 1 ? behind : raise(from, 1) };
    case '^':
      return { from, to: given.length === 0 ? endless : raise(from, leftmostNonZero(given)) };
    default:
      return { from, to: behind };
  }
}

/** The place that `^` lets nothing change at or left of; the last one given when all are 0. */
function leftmostNonZero(given: readonly number[]): number {
  const place = given.findIndex((number) => number > 0);
  return place < 0 ? given.length - 1 : place;
}

function raise([major, minor, patch]: Triple, place: number): Triple {
  if (place === 0) return [major + 1, 0, 0];
  return place === 1 ? [major, minor + 1, 0] : [major, minor, patch + 1];
}

function tripleOf({ major, minor, patch }: Version): Triple {
  return [major, minor, patch];
}

function compareTriples(a: Triple, b: Triple): number {
  for (const place of [0, 1, 2] as const) if (a[place] !== b[place]) return a[place] < b[place] ? -1 : 1;
  return 0;
}

function later(a: Triple, b: Triple): Triple {
  return compareTriples(a, b) < 0 ? b : a;
}

/** A released version comes after its previews; numbers before words, a longer list after its beginning. */
function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (const [index, first] of a.entries()) {
    const second = b[index];
    if (second === undefined) return 1;
    if (first === second) continue;
    const [isNumber, isOtherNumber] = [/^\d+$/.test(first), /^\d+$/.test(second)];
    if (isNumber && isOtherNumber) return Number(first) - Number(second);
    if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
    return first < second ? -1 : 1;
  }
  return a.length - b.length;
}
