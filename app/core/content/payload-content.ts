/** What a game's archives unpack to, as it is looked into, sent and written. */
import type { SafePath } from '../base/index.ts';
import type { StreamEntry } from '../protocol/index.ts';

/** What a payload on this PC unpacks to. */
export interface PayloadContent {
  readonly entries: readonly StreamEntry[];
  /** Of the contents that come: copies are made where they arrive. */
  readonly totalBytes: number;
  /** How it can be unpacked side by side, in the order of the entries. One section is the whole. */
  sections(options: { atMost: number }): readonly ContentSection[];
}

export interface ContentSection {
  /** The index of the entry that it begins with; 0 for the first. It ends where the next one begins. */
  readonly firstEntry: number;
  /**
   * The contents of its files but the copies in the order of the entries, without a gap; a piece is valid until the next is asked
   * for. Ends well only when what it comes from was found whole. Whatever unpacks is dead once it settled or was left.
   */
  bytes(options: { signal: AbortSignal }): AsyncIterable<Uint8Array>;
}

/** Looks into the archives of a game root. Errors: those of the unpackers and of the path rules. */
export type OpenPayload = (gameRoot: string, options: { signal: AbortSignal }) => Promise<PayloadContent>;

export interface ContentFile {
  readonly path: SafePath;
  readonly sizeBytes: number;
  readonly executable: boolean;
}
