import { LanspreadError } from '../../base/index.ts';
import type { ArchiveEntry, EntryStreamItem } from '../../content/index.ts';

function corrupt(message: string, entry?: ArchiveEntry, cause?: symbol): LanspreadError {
  return new LanspreadError('ARCHIVE_CORRUPT', {
    message: `The archive's content does not fit its listing: ${message}.`,
    ...(cause && { cause }),
    ...(entry && { details: { entry: entry.path.slice(0, 300) } }),
  });
}

/** The cause of an error that says that the content ended too early. */
export const tooShort = Symbol('too short');

/** Whether the content ended before the listing did: a broken archive or a tool that failed. */
export function isTooShort(error: unknown): boolean {
  return error instanceof LanspreadError && error.cause === tooShort;
}

/**
 * Cuts the contents of all files, one after another without a gap, into the entries they belong to. Throws
 * `ARCHIVE_CORRUPT` when there is less or more than the sizes add up to.
 */
export async function* splitByEntries(
  content: AsyncIterable<Uint8Array>,
  entries: readonly ArchiveEntry[],
): AsyncGenerator<EntryStreamItem, void, undefined> {
  const chunks = content[Symbol.asyncIterator]();
  let chunk: Uint8Array = new Uint8Array(0);
  for (const entry of entries) {
    yield { kind: 'entry', entry };
    for (let missing = entry.kind === 'file' ? entry.sizeBytes : 0; missing > 0; ) {
      if (chunk.length === 0) {
        const next = await chunks.next();
        if (next.done) throw corrupt(`${missing} bytes of ${JSON.stringify(entry.path)} are missing`, entry, tooShort);
        chunk = next.value;
        continue;
      }
      const bytes = chunk.subarray(0, missing);
      chunk = chunk.subarray(bytes.length);
      missing -= bytes.length;
      yield { kind: 'bytes', bytes };
    }
  }
  // Looked at before the next one is asked for, which may take this one's memory.
  if (chunk.length > 0) throw corrupt('there is more of it');
  for (let next = await chunks.next(); !next.done; next = await chunks.next())
    if (next.value.length > 0) throw corrupt('there is more of it');
}
