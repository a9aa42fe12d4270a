import { throwIfAborted } from '../../base/index.ts';
import { ContentWriter } from './content-writer.ts';
import type { ByteStream, IncomingStream, PourTarget } from '../types.ts';

interface PourOptions {
  readonly onBytes: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** Writes what comes where it belongs; nothing is written any more once this settles. See `IncomingStream.pour`. */
export async function pourBytes(
  stream: Pick<ByteStream, 'pieces' | 'sectionFiles'>,
  { fileSystem, folder, files }: PourTarget,
  { onBytes, signal }: PourOptions,
): Promise<readonly string[]> {
  await using owner = new AsyncDisposableStack();
  let next = 0;
  const writers = stream.sectionFiles.map((count) =>
    owner.use(new ContentWriter(fileSystem, { folder, files: files.slice(next, (next += count)) })),
  );
  for await (const { section, bytes } of stream.pieces()) {
    throwIfAborted(signal);
    await writers[section]?.write(bytes);
    onBytes(bytes.length);
  }
  const hashes: (readonly string[])[] = [];
  for (const writer of writers) hashes.push(await writer.finish());
  return hashes.flat();
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
