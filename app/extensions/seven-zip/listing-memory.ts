/** Remembers facts about the last listed archives, because a plan is usually requested right after a listing. */
import { createHash } from 'node:crypto';
import type { Archive } from '../../extension-api/index.ts';
import { isLink } from './links.ts';
import type { Listing } from './list.ts';
import type { ListedEntry } from './listing.ts';

/** The bytes at the beginning and at the end of an archive that identify it. */
const markBytes = 64 * 1024;
const maxRemembered = 8;

/** The facts that a plan needs; the entries themselves would fill the memory. */
export interface ListingFacts {
  readonly inner: Listing['inner'];
  readonly links: readonly ListedEntry[];
  /** Whether at least one entry is for the host: see `ListedEntry`. */
  readonly isForHost: boolean;
}

export class ListingMemory {
  readonly #facts = new Map<string, ListingFacts>();

  async remember(archive: Archive, { inner, entries }: Listing): Promise<ListingFacts> {
    const links = entries.filter(isLink);
    const facts = { inner, links, isForHost: entries.some((entry) => entry.isForHost) };
    const key = await markOf(archive);
    this.#facts.delete(key);
    this.#facts.set(key, facts);
    const [oldest] = this.#facts.keys();
    if (this.#facts.size > maxRemembered && oldest !== undefined) this.#facts.delete(oldest);
    return facts;
  }

  async recall(archive: Archive): Promise<ListingFacts | undefined> {
    return this.#facts.get(await markOf(archive));
  }
}

/** Two archives with the same name and length differ at the beginning or in the directory, which is at either end. */
async function markOf(archive: Archive): Promise<string> {
  const { name, sizeBytes, volumes } = archive;
  const last = volumes.length - 1;
  const head = await archive.read(0, markBytes);
  const tail =
    last > 0
      ? await archive.read(0, markBytes, last)
      : await archive.read(Math.max(0, sizeBytes - markBytes), markBytes);
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
  return createHash('sha256')
    .update(JSON.stringify([name, sizeBytes, volumes.length, text(head), text(tail)]))
    .digest('hex');
}
