/** Whether two addresses lead to the same core. The part after `#` changes with each start of the core. */
export function isSameOrigin(a: string, b: string): boolean {
  return URL.canParse(a) && URL.canParse(b) && new URL(a).origin === new URL(b).origin && new URL(a).origin !== 'null';
}
