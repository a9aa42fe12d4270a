/** A folder and its ancestors up to the root, from the path alone. Pure. */
export function ancestorsOf(path: string): string[] {
  const root = /^(?:[a-z]:[\\/]|\\\\[^\\/]+[\\/][^\\/]+[\\/]?|\/)/i.exec(path)?.[0];
  if (root === undefined) return [];
  const found: string[] = [];
  let at = path.replace(/[\\/]+$/, '');
  while (at.length > root.length) {
    found.push(at);
    at = at.replace(/[\\/]+[^\\/]*$/, '');
  }
  return [...found, root];
}
