/** Content that another PC unpacks for this one. It is checked before it is trusted. */
import type { FileSystem } from '../base/index.ts';
import type { StreamEntry } from '../protocol/index.ts';
import type { ContentFile } from './payload-content.ts';

/** A peer that can send a game's content. */
export interface ContentSender {
  readonly peerId: string;
  /** Resolves once the sender has listed every entry. */
  open(options: { signal: AbortSignal }): Promise<IncomingContent>;
}

/** Where the file contents are written. */
export interface PourTarget {
  /** For this thread; a stream that another thread writes uses that thread's own. */
  readonly fileSystem: FileSystem;
  /** The absolute path of a folder that has all folders of the files, and no entry with a file's name. */
  readonly folder: string;
  /** In the order of the entries, without copies. */
  readonly files: readonly ContentFile[];
}

/** Disposing stops the sender and waits until the last write has ended. */
export interface IncomingContent extends AsyncDisposable {
  readonly entries: readonly StreamEntry[];
  readonly totalBytes: number;
  /**
   * The BLAKE3 of each file as the sender read it, in the order of the entries, without copies; complete after `pour`.
   */
  readonly hashes: readonly string[];
  /**
   * Writes the contents of all files but the copies, and flushes them. Returns the BLAKE3 of each file as it was
   * written. Resolves only after the sender has said that its archives are sound. Nothing is written after it has
   * settled. Errors: the sender's refusal or verdict, those of the lane, `BAD_MESSAGE`, those of the disk, `CANCELLED`.
   */
  pour(target: PourTarget, listener: { onBytes: (bytes: number) => void }): Promise<readonly string[]>;
}
