/** Bytes in shared memory that its owner must not overwrite yet. */
export interface KeptBytes {
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  /** Call it once, when no thread reads the bytes any more. */
  readonly release: () => void;
}

/** Keeps the bytes from this offset of the memory on; returns the function that releases them. */
export type Keeper = (byteOffset: number) => () => void;

const keepers = new WeakMap<SharedArrayBuffer, Keeper>();

/** Allows pieces of this memory to be kept after the next piece is requested. */
export function allowKeeping(memory: SharedArrayBuffer, keeper: Keeper): void {
  keepers.set(memory, keeper);
}

/**
 * Keeps a piece for longer than its owner promised, so that another thread can read it in place. Undefined when the memory
 * does not allow this and the piece has to be copied.
 */
export function keepBytes({ buffer, byteOffset, length }: Uint8Array): KeptBytes | undefined {
  if (!(buffer instanceof SharedArrayBuffer)) return undefined;
  const keeper = keepers.get(buffer);
  return keeper && { bytes: new Uint8Array(buffer, byteOffset, length), release: keeper(byteOffset) };
}
