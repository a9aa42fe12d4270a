/** What another PC unpacks for this one. Nothing of it is believed before it was checked. */
import type { FileSystem } from '../base/index.ts';
import type { StreamEntry } from '../protocol/index.ts';
import type { ContentFile } from './payload-content.ts';

/** A peer that can give a game's content. */
export interface ContentSender {
  readonly peerId: string;
  /** Resolves once the sender told every entry. */
  open(options: { signal: AbortSignal }): Promise<IncomingContent>;
}

/** Where the contents of the files go. */
export interface PourTarget {
  /** Of this thread; a stream that another thread writes uses that one's. */
  readonly fileSystem: FileSystem;
  /** Absolute; has every folder of the files, and nothing of their names. */
  readonly folder: string;
  /** In the order of the entries, copies left out. */
  readonly files: readonly ContentFile[];
}

/** Disposing stops the sender, and waits until nothing is written any more. */
export interface IncomingContent extends AsyncDisposable {
  readonly entries: readonly StreamEntry[];
  readonly totalBytes: number;
  /** BLAKE3 of each file as the sender read it, in the order of the entries, copies left out; whole after `pour`. */
  readonly hashes: readonly string[];
  /**
   * Writes the contents of all files but the copies, and flushes them. Returns the BLAKE3 of each file as it was written.
   * Resolves only after the sender said that its archives are whole. Nothing is written any more once it settles. Errors:
   * the sender's refusal or verdict, those of the road, `BAD_MESSAGE`, those of the disk, `CANCELLED`.
   */
  pour(target: PourTarget, listener: { onBytes: (bytes: number) => void }): Promise<readonly string[]>;
}
