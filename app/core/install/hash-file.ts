import { createHasher, nodeFileSystem, throwIfAborted, type FileSystem, type SignalOptions } from '../base/index.ts';

/** BLAKE3 of a whole file as hex. Errors: the file system's, `CANCELLED`. */
export type HashFile = (path: string, options?: SignalOptions) => Promise<string>;

/** A slice takes well under a millisecond to hash, so the control loop is never held up for longer. */
const sliceBytes = 1024 * 1024;

/** Hashes in slices between which other work of the loop gets its turn. */
export function streamingFileHasher(fileSystem: FileSystem = nodeFileSystem): HashFile {
  return async (path, { signal } = {}) => {
    await using file = await fileSystem.openToRead(path);
    const hasher = createHasher();
    const { sizeBytes } = await fileSystem.lstat(path);
    const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(sliceBytes, sizeBytes)));
    for (let position = 0; ; ) {
      throwIfAborted(signal);
      const count = await file.read(buffer, position);
      if (count === 0) return hasher.finish();
      hasher.update(buffer.subarray(0, count));
      position += count;
    }
  };
}
