/** Decides where a payload's content is cut into sections that are unpacked in parallel. Pure. */
import type { ArchiveEntry } from '../content/index.ts';

/** The smallest section for which one more unpacker is worth its start. */
const leastSectionBytes = 32 * 1024 * 1024;

/**
 * Archives with longer lists are not cut. Their tool would search the list for each file, which takes 7-Zip two seconds
 * for ten thousand files in one folder, and the list goes to the extension in one message.
 */
const maxListedFiles = 3_000;
const maxListedCharacters = 500_000;
/** The tools that read lists misread spaces and quotation marks at either end of a name. */
const oddName = /^[\s"]|[\s"]$/;

export interface Cuttable {
  readonly sizeBytes: number;
  /** Unpacking can begin here at no extra cost. */
  readonly mayBegin: boolean;
}

/**
 * Returns the first index of each section, 0 first. The sections have about the same size and are as many as allowed,
 * so that all unpackers finish together even if their speeds differ.
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

/** Items for the entries of one archive, in its order. */
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

/** The same for an archive whose tool cannot unpack a part of it. */
export function inOnePiece(entries: readonly ArchiveEntry[]): Cuttable[] {
  return inArchive(entries).map((item, index) => ({ ...item, mayBegin: index === 0 }));
}

/** An item for a loose file of the payload. */
export function onItsOwn({ sizeBytes }: { sizeBytes: number }): Cuttable {
  return { sizeBytes, mayBegin: true };
}
