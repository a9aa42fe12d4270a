/** Where a payload's content can be cut so that its parts are unpacked side by side. Pure. */
import type { ArchiveEntry } from '../content/index.ts';

/** Starting an unpacker once more is worth it from here on. */
const leastSectionBytes = 32 * 1024 * 1024;

/**
 * An archive of more is not taken apart: its tool would look for each file in a list of them, which takes 7-Zip two seconds
 * for ten thousand in one folder, and the list goes to its extension in one message.
 */
const maxListedFiles = 3_000;
const maxListedCharacters = 500_000;
/** The tools that read lists take spaces and quotation marks at either end for something else. */
const oddName = /^[\s"]|[\s"]$/;

export interface Cuttable {
  readonly sizeBytes: number;
  /** Unpacking can begin here at no cost. */
  readonly mayBegin: boolean;
}

/**
 * The indexes that sections begin with, 0 first: of about the same size, as many as there may be, so that the last ones end
 * together however fast each is.
 */
export function cutSections(items: readonly Cuttable[], { atMost }: { atMost: number }): number[] {
  const totalBytes = items.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const wantedBytes = Math.max(leastSectionBytes, totalBytes / atMost);
  const starts = [0];
  let sectionBytes = 0;
  let restBytes = totalBytes;
  for (const [index, { sizeBytes, mayBegin }] of items.entries()) {
    if (mayBegin && sectionBytes >= wantedBytes && restBytes >= wantedBytes / 2 && starts.length < atMost) {
      starts.push(index);
      sectionBytes = 0;
    }
    sectionBytes += sizeBytes;
    restBytes -= sizeBytes;
  }
  return starts;
}

/** The entries of one archive, in its order. */
export function inArchive(entries: readonly ArchiveEntry[]): Cuttable[] {
  const canBeCut =
    entries.length <= maxListedFiles &&
    entries.reduce((sum, { path }) => sum + path.length, 0) <= maxListedCharacters &&
    !entries.some(({ path }) => oddName.test(path));
  return entries.map(({ kind, sizeBytes, startsBlock = false }, index) => ({
    sizeBytes: kind === 'file' ? sizeBytes : 0,
    mayBegin: index === 0 || (canBeCut && startsBlock),
  }));
}

/** The same of an archive whose tool cannot be asked for a part of it. */
export function inOnePiece(entries: readonly ArchiveEntry[]): Cuttable[] {
  return inArchive(entries).map((item, index) => ({ ...item, mayBegin: index === 0 }));
}

/** A file that lies in the payload as it is. */
export function onItsOwn({ sizeBytes }: { sizeBytes: number }): Cuttable {
  return { sizeBytes, mayBegin: true };
}
