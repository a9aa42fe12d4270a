/** Describes a game folder outside any library, for makers of catalogs. */
import { silentLogger, statOf, throwIfAborted, type FileSystem, type GameId } from '../base/index.ts';
import { buildManifest } from './manifest-builder.ts';
import { walkPayload } from './payload.ts';
import { layoutOf, readSentinel } from '../game-folder/index.ts';
import type { BlockHasher } from './types.ts';

interface RootDescription {
  readonly version: string;
  /** The size of the payload. */
  readonly sizeBytes: number;
  /** Set if a hasher was given. */
  readonly manifestRoot?: string;
}

interface DescribeOptions {
  readonly fileSystem: FileSystem;
  /** Hashes the whole payload to find its manifest hash. */
  readonly hasher?: Pick<BlockHasher, 'hashFile'>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Undefined when no game is downloaded there. Errors: `INVALID_PATH` or `MANIFEST_INVALID` (it cannot be shared),
 * `IO_ERROR` (it keeps changing), the file system's, `CANCELLED`.
 */
export async function describeRoot(
  { id, root }: { id: GameId; root: string },
  { fileSystem, hasher, signal = new AbortController().signal }: DescribeOptions,
): Promise<RootDescription | undefined> {
  throwIfAborted(signal);
  if ((await statOf(fileSystem, layoutOf(root).sentinel))?.kind !== 'file') return undefined;
  const sentinel = await readSentinel(fileSystem, root);
  if (!sentinel) return undefined;
  const { version } = sentinel;
  const payload = await walkPayload(fileSystem, root, { signal });
  if (payload.problem) throw payload.problem;
  const { sizeBytes } = payload;
  if (!hasher) return { version, sizeBytes };
  const { hashed } = await buildManifest(
    { fileSystem, hasher, blocks: nothingKnown, logger: silentLogger },
    { id, root },
    { signal, isUrgent: () => true, turn: () => Promise.resolve(), onProgress: () => {} },
  );
  const hashedBytes = hashed.manifest.files.reduce((sum, { size }) => sum + size, 0);
  return { version: hashed.manifest.version, sizeBytes: hashedBytes, manifestRoot: hashed.root };
}

/** Keeps no hashes: catalogs are built seldom, and always from the files on the disk. */
const nothingKnown = { get: () => undefined, put: () => {}, putMany: () => {}, forgetBelow: () => {} };
