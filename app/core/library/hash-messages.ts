/** What the library and its hashing thread say to each other. */
export interface BlockToCheck {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  readonly hash: string;
}

export interface HashJob {
  readonly id: number;
  readonly path: string;
  /** One shared word: not 0 tells the thread to stop after the block it is at. */
  readonly stop: Int32Array<SharedArrayBuffer>;
  readonly task: { readonly kind: 'hash' } | { readonly kind: 'check'; readonly blocks: readonly BlockToCheck[] };
}

export type HashReply =
  | { readonly id: number; readonly kind: 'progress'; readonly hashedBytes: number }
  | { readonly id: number; readonly kind: 'hashed'; readonly hashes: string[] }
  | { readonly id: number; readonly kind: 'checked'; readonly sound: boolean[] }
  | { readonly id: number; readonly kind: 'stopped' }
  | { readonly id: number; readonly kind: 'failed'; readonly message: string; readonly code: string | undefined };
