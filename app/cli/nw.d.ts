/** The part of the `nw` package that is used: the expected place of its runtime. */
declare module 'nw' {
  export function findpath(executable: 'nwjs' | 'all', options: { flavor: 'normal' | 'sdk' }): Promise<string>;
}
