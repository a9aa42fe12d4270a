import { pourBytes } from '../../app/core/transfer/stream/pour.ts';
import type { IncomingStream } from '../../app/core/transfer/stream/types.ts';

/** What a stream of a test does when it is asked to pour: its bytes go through the real writer. */
export function pouringOf(
  bytes: () => AsyncIterable<Uint8Array>,
  { signal = new AbortController().signal }: { signal?: AbortSignal } = {},
): IncomingStream['pour'] {
  return (target, { onBytes }) => pourBytes({ bytes }, target, { onBytes, signal });
}
