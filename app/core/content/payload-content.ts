/** The content of a game's archives, as it is inspected, sent and written. */
import type { SafePath } from '../base/index.ts';
import type { StreamEntry } from '../protocol/index.ts';

/** The content of a payload on this PC. */
export interface PayloadContent {
  readonly entries: readonly StreamEntry[];
  /** The bytes that are sent; copies are made on the receiving PC. */
  readonly totalBytes: number;
  /** Parts that can be unpacked in parallel, in the order of the entries. A single section is the whole content. */
  sections(options: { atMost: number }): readonly ContentSection[];
}

export interface ContentSection {
  /** The index of its first entry; 0 for the first section. It ends where the next section begins. */
  readonly firstEntry: number;
  /**
   * The contents of its files without the copies, in the order of the entries, without a gap. A chunk is valid until
   * the next one is requested. Ends without an error only if its source was found sound. Once it has settled or the
   * caller has stopped, the unpacker is dead.
   */
  bytes(options: { signal: AbortSignal }): AsyncIterable<Uint8Array>;
}

/** Opens the archives in a game folder. Errors: those of the unpackers and of the path rules. */
export type OpenPayload = (gameRoot: string, options: { signal: AbortSignal }) => Promise<PayloadContent>;

export interface ContentFile {
  readonly path: SafePath;
  readonly sizeBytes: number;
  readonly executable: boolean;
}
