/** Bytes of somebody else's memory, kept from being filled anew. */
export interface KeptBytes {
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  /** Once. Nobody reads them any more, another thread neither. */
  readonly release: () => void;
}

/** Keeps the bytes from this place of the memory on; answers with how to release them. */
export type Keeper = (byteOffset: number) => () => void;

const keepers = new WeakMap<SharedArrayBuffer, Keeper>();

/** Pieces of this memory may be kept for longer than until the next one is asked for. */
export function allowKeeping(memory: SharedArrayBuffer, keeper: Keeper): void {
  keepers.set(memory, keeper);
}

/**
 * Keeps a piece beyond the moment up to which whoever gave it promised it, so that another thread can read it in its place.
 * Undefined where that is not foreseen, and it has to be copied.
 */
export function keepBytes({ buffer, byteOffset, length }: Uint8Array): KeptBytes | undefined {
  if (!(buffer instanceof SharedArrayBuffer)) return undefined;
  const keeper = keepers.get(buffer);
  return keeper && { bytes: new Uint8Array(buffer, byteOffset, length), release: keeper(byteOffset) };
}
