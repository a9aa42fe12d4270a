import { LanspreadError, untilAborted } from '../../base/index.ts';
import type { ArchiveEntry, EntryStreamItem } from '../../content/index.ts';

function corrupt(message: string, entry?: string): LanspreadError {
  return new LanspreadError('ARCHIVE_CORRUPT', {
    message: `What came out of the archive does not fit its listing: ${message}.`,
    ...(entry !== undefined && { details: { entry: entry.slice(0, 300) } }),
  });
}

interface Offer {
  readonly item: EntryStreamItem;
  readonly taken: PromiseWithResolvers<void>;
}

/**
 * Takes the content of an archive from an extension, entry by entry, and holds it to the listing. What was given is
 * waited with until it was taken: an extension that is faster than the disk stands still.
 */
export class SinkChannel {
  readonly #entries: readonly ArchiveEntry[];
  readonly #closed = new AbortController();
  #next = 0;
  #open: ArchiveEntry | undefined;
  #openBytes = 0;
  #offer: Offer | undefined;
  #news = Promise.withResolvers<void>();
  #isFinished = false;

  constructor(entries: readonly ArchiveEntry[]) {
    this.#entries = entries;
  }

  async begin(path: string, kind: 'file' | 'directory'): Promise<void> {
    const entry = this.#entries[this.#next];
    if (this.#open) throw this.#fail(corrupt(`${JSON.stringify(this.#open.path)} is not over yet`, path));
    if (!entry || entry.path !== path || entry.kind !== kind) {
      const wanted = entry ? `${JSON.stringify(entry.path)} (${entry.kind}) is next` : 'the listing is over';
      throw this.#fail(corrupt(`${wanted}, not ${JSON.stringify(path.slice(0, 300))} (${kind})`, path));
    }
    this.#next += 1;
    this.#open = entry;
    this.#openBytes = 0;
    await this.#put({ kind: 'entry', entry });
  }

  async write(bytes: Uint8Array): Promise<void> {
    const entry = this.#open;
    if (entry?.kind !== 'file') throw this.#fail(corrupt('there are bytes that belong to no file'));
    this.#openBytes += bytes.length;
    if (this.#openBytes > entry.sizeBytes)
      throw this.#fail(corrupt(`${JSON.stringify(entry.path)} has more bytes than listed`, entry.path));
    if (bytes.length > 0) await this.#put({ kind: 'bytes', bytes });
  }

  end(): void {
    const entry = this.#open;
    if (!entry) throw this.#fail(corrupt('an entry ended that never began'));
    if (entry.kind === 'file' && this.#openBytes !== entry.sizeBytes) {
      const missing = entry.sizeBytes - this.#openBytes;
      throw this.#fail(corrupt(`${missing} bytes of ${JSON.stringify(entry.path)} are missing`, entry.path));
    }
    this.#open = undefined;
  }

  /** Everything was given. Throws `ARCHIVE_CORRUPT` when that is not so. */
  finish(): void {
    const missing = this.#open ?? this.#entries[this.#next];
    if (missing) throw this.#fail(corrupt(`${JSON.stringify(missing.path)} did not come`, missing.path));
    this.#isFinished = true;
    this.#news.resolve();
  }

  /** Takes nothing more; who gives or takes is told why. */
  close(reason: unknown): void {
    this.#closed.abort(reason);
  }

  /** The items in the order in which they were given. `onWait` tells whether the host waits for the extension. */
  async *items(onWait: (isWaiting: boolean) => void): AsyncGenerator<EntryStreamItem, void, undefined> {
    for (;;) {
      if (!this.#offer && !this.#isFinished) {
        onWait(true);
        await untilAborted(this.#closed.signal, () => this.#news.promise);
        onWait(false);
        this.#news = Promise.withResolvers();
        continue;
      }
      const offer = this.#offer;
      if (!offer) return;
      yield offer.item;
      this.#offer = undefined;
      offer.taken.resolve();
    }
  }

  async #put(item: EntryStreamItem): Promise<void> {
    if (this.#offer) throw this.#fail(corrupt('two things were given at a time'));
    const taken = Promise.withResolvers<void>();
    this.#offer = { item, taken };
    this.#news.resolve();
    await untilAborted(this.#closed.signal, () => taken.promise);
  }

  #fail(error: LanspreadError): LanspreadError {
    this.#closed.abort(error);
    return error;
  }
}
