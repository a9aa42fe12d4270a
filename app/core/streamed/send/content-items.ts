/** A payload's content as a stream brings it: section by section, in pieces that are worth their way. */
import { throwIfAborted } from '../../base/index.ts';
import { limits, type StreamMessage } from '../../protocol/index.ts';
import type { SectionSizes } from '../frames.ts';
import { interleave } from './interleave.ts';
import type { ContentSection, PayloadContent } from '../../content/index.ts';

/** A piece of so much goes as it is; less is put together first. */
const worthItsWayBytes = 128 * 1024;

type Sections = readonly Pick<ContentSection, 'firstEntry'>[];

/** A piece of a section's content, or, without bytes, its end. */
export interface ContentItem {
  readonly section: number;
  /** Valid until the next item is asked for. */
  readonly bytes: Uint8Array | undefined;
}

/** The plan and the entries, a batch a message. */
export function* planMessages(
  { entries, totalBytes }: Pick<PayloadContent, 'entries' | 'totalBytes'>,
  sections: Sections,
): Generator<StreamMessage> {
  const further = sections.slice(1).map(({ firstEntry }) => firstEntry);
  yield { kind: 'plan', entries: entries.length, totalBytes, ...(further.length > 0 && { sections: further }) };
  for (let from = 0; from < entries.length; from += limits.streamBatch)
    yield { kind: 'entries', entries: entries.slice(from, from + limits.streamBatch) };
}

export function sizesOf({ entries }: Pick<PayloadContent, 'entries'>, sections: Sections): SectionSizes {
  return sections.map(({ firstEntry }, index) =>
    entries
      .slice(firstEntry, sections[index + 1]?.firstEntry)
      .flatMap(({ kind, size, copyOf }) => (kind === 'file' && copyOf === undefined ? [size] : [])),
  );
}

/** So many sections side by side. Errors: those of the content. */
export function contentItems(
  sections: readonly ContentSection[],
  { atATime, signal }: { atATime: () => number; signal: AbortSignal },
): AsyncGenerator<ContentItem, void, undefined> {
  const streams = sections.map((of, section) => (stop: AbortSignal) => itemsOf(of, { section, signal: stop }));
  return interleave(streams, { atATime, signal });
}

async function* itemsOf(
  of: ContentSection,
  { section, signal }: { section: number; signal: AbortSignal },
): AsyncGenerator<ContentItem, void, undefined> {
  const small = Buffer.allocUnsafeSlow(limits.streamFrameBytes);
  let filled = 0;
  for await (const bytes of of.bytes({ signal })) {
    throwIfAborted(signal);
    const isLarge = bytes.length >= worthItsWayBytes;
    if (filled > 0 && (isLarge || filled + bytes.length > small.length)) {
      yield { section, bytes: small.subarray(0, filled) };
      filled = 0;
    }
    if (isLarge) yield { section, bytes };
    else {
      small.set(bytes, filled);
      filled += bytes.length;
    }
  }
  if (filled > 0) yield { section, bytes: small.subarray(0, filled) };
  yield { section, bytes: undefined };
}
