/**
 * The catalog's `keep` patterns: `*` is any run of characters within a name, `?` one of them, `**` any number of
 * folders. A pattern that matches a folder holds for everything below it. Letters' case does not matter. Pure; the time
 * is bounded by the product of both lengths, whatever the pattern.
 */
import { foldPath } from '../base/index.ts';

export function matchesKeepPattern(path: string, pattern: string): boolean {
  const names = foldPath(path).split('/');
  const parts = foldPath(pattern)
    .split('/')
    .filter((part) => part !== '');
  if (parts.length === 0) return false;
  /** Which counts of leading names the parts so far can stand for. */
  let reachable = new Set([0]);
  for (const part of parts) {
    const next = new Set<number>();
    for (const count of reachable) {
      if (part === '**') for (let end = count; end <= names.length; end += 1) next.add(end);
      else if (count < names.length && matchesName(names[count] ?? '', part)) next.add(count + 1);
    }
    reachable = next;
  }
  // What is reached short of the end is a folder above the path.
  return Array.from(reachable).some((count) => count > 0);
}

/** Stars are tried from the shortest; only the last one ever has to be taken back. */
function matchesName(name: string, part: string): boolean {
  let [at, from] = [0, 0];
  let [star, starAt] = [-1, 0];
  while (at < name.length) {
    if (part[from] === '*') {
      star = from;
      starAt = at;
      from += 1;
    } else if (from < part.length && (part[from] === '?' || part[from] === name[at])) {
      at += 1;
      from += 1;
    } else if (star >= 0) {
      starAt += 1;
      at = starAt;
      from = star + 1;
    } else return false;
  }
  while (part[from] === '*') from += 1;
  return from === part.length;
}
