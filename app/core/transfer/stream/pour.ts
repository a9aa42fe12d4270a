import { throwIfAborted } from '../../base/index.ts';
import { ContentWriter } from './content-writer.ts';
import type { ByteStream, IncomingStream, PourTarget } from './types.ts';

export interface PourOptions {
  readonly onBytes: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** Writes what comes where it belongs; nothing is written any more once this settles. See `IncomingStream.pour`. */
export async function pourBytes(
  stream: Pick<ByteStream, 'bytes'>,
  { fileSystem, folder, files }: PourTarget,
  { onBytes, signal }: PourOptions,
): Promise<readonly string[]> {
  await using writer = new ContentWriter(fileSystem, { folder, files });
  for await (const piece of stream.bytes()) {
    throwIfAborted(signal);
    await writer.write(piece);
    onBytes(piece.length);
  }
  return await writer.finish();
}

/** A stream whose bytes come to this thread, as one that pours them. */
export function pouring(stream: ByteStream, { signal }: { signal: AbortSignal }): IncomingStream {
  let running: Promise<unknown> | undefined;
  return {
    entries: stream.entries,
    totalBytes: stream.totalBytes,
    get hashes() {
      return stream.hashes;
    },
    async pour(target, { onBytes }) {
      const poured = pourBytes(stream, target, { onBytes, signal });
      running = poured.catch(() => {});
      return await poured;
    },
    async [Symbol.asyncDispose]() {
      await stream[Symbol.asyncDispose]();
      await running;
    },
  };
}
