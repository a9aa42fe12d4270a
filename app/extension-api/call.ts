export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What every call gets. */
export interface Call {
  /** Aborts when the answer is of no use any more. Who goes on for another 5 seconds is stopped with its process. */
  readonly signal: AbortSignal;
  /**
   * Tells that the work gets on, in units of your choice; what takes long is given up when it is not told for 60 seconds.
   * May be called as often as you like.
   */
  progress(done: number, total?: number): void;
}
