/** The folder itself and those above it up to the root, as the path tells them. Pure. */
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
