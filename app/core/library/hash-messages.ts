/** The messages between the library and its hashing thread. */
export interface BlockToCheck {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  readonly hash: string;
}

/** `stop` is one shared word: the id of a slice that must stop after its current block. */
export interface HashWorkerSetup {
  readonly blockSizeBytes: number;
  readonly stop: Int32Array<SharedArrayBuffer>;
}

/**
 * A part of a file that is hashed in one go. Slices are small, so that an urgent job never waits for a whole large
 * file.
 */
export interface HashSlice {
  readonly id: number;
  readonly path: string;
  readonly task:
    | { readonly kind: 'hash'; readonly fromBlock: number; readonly count: number }
    | { readonly kind: 'check'; readonly blocks: readonly BlockToCheck[] };
}

export type HashReply =
  /** `sizeBytes`: the size of the file when it was opened for this slice. */
  | { readonly id: number; readonly kind: 'hashed'; readonly hashes: readonly string[]; readonly sizeBytes: number }
  | { readonly id: number; readonly kind: 'checked'; readonly sound: readonly boolean[] }
  | { readonly id: number; readonly kind: 'stopped' }
  | { readonly id: number; readonly kind: 'failed'; readonly message: string; readonly code: string | undefined };
