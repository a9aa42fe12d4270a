/** Where a payload's content can be cut so that its parts are unpacked side by side. Pure. */

/** Starting an unpacker once more is worth it from here on. */
const leastSectionBytes = 32 * 1024 * 1024;

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
