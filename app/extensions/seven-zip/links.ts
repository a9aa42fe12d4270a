/** Links in archives: what they point at, and how they are left out of what 7-Zip unpacks. */
import { createHash } from 'node:crypto';
import { ArchiveError, type Archive, type Entry, type UnpackCall } from '../../extension-api/index.ts';
import { contentArguments, throwIfFailed, tool } from './commands.ts';
import type { ListedEntry } from './listing.ts';

/** Each costs a place on the command line. Games have a few dozen. */
const maxLinks = 200;
const maxTargetBytes = 1_024;
/** Of the beginning and of the end of an archive: by which it is known again. */
const markBytes = 64 * 1024;
const maxRemembered = 8;

/** Entries with the targets of all links. Some formats keep a target as the link's content. */
export async function withTargets(entries: readonly ListedEntry[], call: UnpackCall): Promise<readonly ListedEntry[]> {
  const links = entries.filter(isLink);
  if (links.length > maxLinks)
    throw new ArchiveError('ARCHIVE_HOSTILE', `It has ${links.length} links; ${maxLinks} are the most.`);
  const asked = links.filter((entry) => entry.targetBytes !== undefined && !entry.encrypted);
  if (asked.length === 0) return entries;
  if (asked.some(({ targetBytes = 0 }) => targetBytes > maxTargetBytes))
    throw new ArchiveError('ARCHIVE_HOSTILE', 'It has a link to something with a name of impossible length.');
  const names = asked.map(({ toolPath = '' }) => toolPath);
  const args = [...contentArguments, '--', { ref: 'archive' } as const, ...names];
  const result = await call.runTool(tool, args, { maxOutputBytes: maxLinks * maxTargetBytes });
  throwIfFailed(result, 'ARCHIVE_CORRUPT');
  const targets = cut(result.stdout, asked);
  return entries.map((entry) => {
    const target = targets.get(entry);
    return target === undefined ? entry : { ...entry, target };
  });
}

function isLink({ kind }: Entry): boolean {
  return kind === 'symlink' || kind === 'hardlink';
}

/** One after the other, in the archive's order. */
function cut(bytes: Uint8Array, links: readonly ListedEntry[]): Map<ListedEntry, string> {
  const targets = new Map<ListedEntry, string>();
  let at = 0;
  for (const link of links) {
    const end = at + (link.targetBytes ?? 0);
    targets.set(link, new TextDecoder().decode(bytes.subarray(at, end)));
    at = end;
  }
  if (at !== bytes.length) throw new ArchiveError('ARCHIVE_CORRUPT', 'Its links are not as long as it says.');
  return targets;
}

/** The arguments that leave links out: whoever installs puts copies in their place. */
export function withoutLinks(links: readonly string[]): string[] {
  return links.map((path) => `-x!${path}`);
}

/** What a plan needs to know of a listing. */
export interface ListingFacts {
  /** As 7-Zip takes them. */
  readonly links: readonly string[];
  /** 7-Zip would write something under another name than it was listed. */
  readonly isRenamed: boolean;
}

/** Of the archives that were listed last: a plan is asked for right afterwards. */
export class ListingMemory {
  readonly #facts = new Map<string, ListingFacts>();

  async remember(archive: Archive, entries: readonly ListedEntry[]): Promise<ListingFacts> {
    const links = entries.filter(isLink).map(({ toolPath = '' }) => toolPath);
    const facts = { links, isRenamed: entries.some(({ isRenamed = false }) => isRenamed) };
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

/** Two archives of one name and length differ at the beginning or in the directory, which is at either end. */
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
