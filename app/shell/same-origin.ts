/** Whether two addresses lead to one core: what stands behind `#` changes with each start of it. */
export function isSameOrigin(a: string, b: string): boolean {
  return URL.canParse(a) && URL.canParse(b) && new URL(a).origin === new URL(b).origin && new URL(a).origin !== 'null';
}
