import { compare, valid, validRange } from 'semver';

/** Versions are names of folders too. */
const maxVersionLength = 100;

/** Whether a text is a semantic version, and nothing else: `v1.2.3` and spaces around it are none. */
export function isVersion(text: string): boolean {
  return text.length <= maxVersionLength && /^\d\S*$/.test(text) && valid(text) !== null;
}

/** Negative when `a` comes before `b`. Throws `TypeError` when one is no version. */
export function compareVersions(a: string, b: string): number {
  return compare(a, b);
}

/** Whether a text is a range of versions as npm understands it. */
export function isVersionRange(text: string): boolean {
  return validRange(text) !== null;
}
