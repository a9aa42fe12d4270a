import { pourBytes } from '../../app/core/streamed/receive/content-writer.ts';
import type { StreamPiece } from '../../app/core/streamed/types.ts';
import type { PayloadContent } from '../../app/core/content/payload-content.ts';
import type { IncomingContent } from '../../app/core/content/index.ts';

/** The whole content in one section. */
export function wholeOf(content: Pick<PayloadContent, 'sections'>, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const [whole, ...more] = content.sections({ atMost: 1 });
  if (!whole || more.length > 0) throw new Error('one section is the whole');
  return whole.bytes({ signal });
}

async function* asPieces(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<StreamPiece> {
  for await (const piece of bytes) yield { section: 0, bytes: piece };
}

/** What a stream of a test does when it is asked to pour: its bytes go through the real writer. */
export function pouringOf(
  bytes: () => AsyncIterable<Uint8Array>,
  { signal = new AbortController().signal }: { signal?: AbortSignal } = {},
): IncomingContent['pour'] {
  return (target, { onBytes }) =>
    pourBytes({ pieces: () => asPieces(bytes()), sectionFiles: [target.files.length] }, target, { onBytes, signal });
}
