/** The part of the `nw` package that is used: where its runtime would be. */
declare module 'nw' {
  export function findpath(executable: 'nwjs' | 'all', options: { flavor: 'normal' | 'sdk' }): Promise<string>;
}
