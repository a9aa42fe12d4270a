import { join } from 'node:path';
import { LanspreadError, type FileSystem, type GameId } from '../base/index.ts';
import { blockSizeBytes, encodeManifest, limits, manifestRoot, type Manifest } from '../protocol/index.ts';
import type { BlockRepository, FileIdentity } from '../state/index.ts';
import type { WorkerBlockHasher } from './block-hasher.ts';
import { sentinelName } from './inspect-root.ts';
import { walkPayload, type PayloadFile } from './payload.ts';
import { sentinelText, versionOfSentinel } from './sentinel.ts';
import type { HashedManifest } from './types.ts';

export interface BuildContext {
  readonly fileSystem: FileSystem;
  readonly blocks: BlockRepository;
  readonly hasher: Pick<WorkerBlockHasher, 'hashFile'>;
}

export interface BuildOptions {
  readonly signal: AbortSignal;
  /** Asked before each file: a peer waits for this game now. */
  readonly isUrgent: () => boolean;
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
}

/** How often a file that changes while it is read is read again. */
const maxAttempts = 3;

/**
 * The manifest of what lies in a root now. Files whose identity is known are not read. Errors: `NOT_DOWNLOADED`,
 * `INVALID_PATH` (a payload no manifest can describe), `MANIFEST_INVALID` (over a limit), `IO_ERROR` (a file that never
 * stands still), the file system's, `CANCELLED`.
 */
export async function buildManifest(
  { fileSystem, blocks, hasher }: BuildContext,
  { id, root }: { id: GameId; root: string },
  { signal, isUrgent, onProgress }: BuildOptions,
): Promise<HashedManifest> {
  const bytes = await fileSystem.readFile(join(root, sentinelName));
  const version = versionOfSentinel(bytes);
  const sentinel = sentinelText(bytes);
  if (version === undefined || sentinel === undefined)
    throw new LanspreadError('NOT_DOWNLOADED', { details: { gameId: id } });
  const payload = await walkPayload(fileSystem, root, { signal });
  let doneBytes = 0;
  const hashed: { file: PayloadFile; identity: FileIdentity; hashes: readonly string[] }[] = [];
  for (const file of payload.files) {
    const known = blocks.get(file.identity);
    const own = known
      ? { identity: file.identity, hashes: known }
      : await hashSteadyFile({ fileSystem, hasher }, file, {
          signal,
          urgent: isUrgent(),
          onProgress: (bytesOfFile) => onProgress(doneBytes + bytesOfFile, payload.sizeBytes),
        });
    if (!known) blocks.put(own.identity, own.hashes);
    doneBytes += own.identity.sizeBytes;
    onProgress(doneBytes, payload.sizeBytes);
    hashed.push({ file, ...own });
  }
  const manifest: Manifest = {
    id,
    version,
    sentinel,
    blockSize: blockSizeBytes,
    directories: payload.directories,
    files: hashed.map(({ file, identity, hashes }) => ({ path: file.path, size: identity.sizeBytes, blocks: hashes })),
  };
  const encoded = encodeManifest(manifest);
  if (encoded.length > limits.manifestBytes) {
    throw new LanspreadError('MANIFEST_INVALID', {
      message: `The list of files of ${id} is over ${limits.manifestBytes} bytes.`,
    });
  }
  const executables = hashed.flatMap(({ file }, index) => (file.executable ? [index] : []));
  return { manifest, bytes: encoded, root: manifestRoot(encoded), executables };
}

/** Hashes a file that stays the same from the first to the last byte. */
async function hashSteadyFile(
  { fileSystem, hasher }: Pick<BuildContext, 'fileSystem' | 'hasher'>,
  { identity: first, path }: PayloadFile,
  options: { signal: AbortSignal; urgent: boolean; onProgress: (bytes: number) => void },
): Promise<{ identity: FileIdentity; hashes: readonly string[] }> {
  let before = first;
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    const hashes = await hasher.hashFile(before.path, options);
    const { sizeBytes, mtimeNs, inode } = await fileSystem.lstat(before.path);
    const after: FileIdentity = { path: before.path, sizeBytes, mtimeNs, inode };
    if (sizeBytes === before.sizeBytes && mtimeNs === before.mtimeNs && inode === before.inode)
      return { identity: after, hashes };
    before = after;
  }
  throw new LanspreadError('IO_ERROR', { message: `${path} keeps changing while it is read.`, details: { path } });
}
