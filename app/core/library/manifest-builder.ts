import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  isNotFound,
  LanspreadError,
  throwIfAborted,
  type FileSystem,
  type GameId,
  type Logger,
} from '../base/index.ts';
import { blockSizeBytes, encodeManifest, limits, manifestRoot, type Manifest } from '../protocol/index.ts';
import type { BlockRepository, FileIdentity } from '../state/index.ts';
import { contentKeyOf } from './look.ts';
import { walkPayload, type Payload, type PayloadFile } from './payload.ts';
import { readSentinel, type Sentinel } from '../game-folder/index.ts';
import type { BlockHasher, HashedManifest, HashOptions } from './types.ts';

export interface BuildContext {
  readonly fileSystem: FileSystem;
  readonly blocks: BlockRepository;
  readonly hasher: Pick<BlockHasher, 'hashFile'>;
  readonly logger: Logger;
}

interface BuildOptions {
  readonly signal: AbortSignal;
  /** Whether a peer waits for this game now. */
  readonly isUrgent: () => boolean;
  /** Awaited before each file is read, so that background work lets urgent work go first. */
  readonly turn: () => Promise<void>;
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
}

export interface BuiltManifest {
  readonly hashed: HashedManifest;
  /** The content key of the hashed content; see `contentKeyOf`. */
  readonly contentKey: string;
}

/** How often a payload is read if it changes meanwhile. */
const maxAttempts = 3;
/** New hashes are stored after this many files, so that a stop loses little. */
const storeEvery = 64;
/** Other work gets a turn after this many files with known hashes. */
const knownPerTurn = 100;

/**
 * Builds the manifest of a game folder's payload. Files with known hashes are not read. Errors: `NOT_DOWNLOADED`,
 * `INVALID_PATH` or `MANIFEST_INVALID` (no manifest can describe the payload), `IO_ERROR` (the payload keeps changing),
 * the file system's, `CANCELLED`.
 */
export async function buildManifest(
  context: BuildContext,
  game: { id: GameId; root: string },
  options: BuildOptions,
): Promise<BuiltManifest> {
  const { fileSystem } = context;
  const { signal } = options;
  let before = await readContent(fileSystem, game, options);
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    const hashes = await hashesOf(context, before.payload, options);
    // Hashing takes time: the first files may have changed by the time the last one is hashed.
    const after = hashes?.read === 0 ? before : await readContent(fileSystem, game, options);
    if (hashes && after.contentKey === before.contentKey)
      return { hashed: encode(game.id, before, hashes.byFile), contentKey: before.contentKey };
    before = after;
    throwIfAborted(signal);
  }
  throw new LanspreadError('IO_ERROR', { message: `${game.id} keeps changing while it is read.` });
}

interface Content {
  readonly sentinel: Sentinel;
  readonly payload: Payload;
  readonly contentKey: string;
}

async function readContent(
  fileSystem: FileSystem,
  { id, root }: { id: GameId; root: string },
  { signal }: BuildOptions,
): Promise<Content> {
  const sentinel = await readSentinel(fileSystem, root);
  if (!sentinel) throw new LanspreadError('NOT_DOWNLOADED', { details: { gameId: id } });
  const payload = await walkPayload(fileSystem, root, { signal });
  if (payload.problem) throw payload.problem;
  return { sentinel, payload, contentKey: contentKeyOf(payload, sentinel) };
}

/**
 * The block hashes of every file, in order. Undefined when a file changed meanwhile; the hashes known by then are kept.
 */
async function hashesOf(
  { fileSystem, blocks, hasher, logger }: BuildContext,
  { files, sizeBytes: totalBytes }: Payload,
  options: BuildOptions,
): Promise<{ byFile: (readonly string[])[]; read: number } | undefined> {
  const { signal, onProgress } = options;
  const byFile: (readonly string[])[] = [];
  const fresh: [FileIdentity, readonly string[]][] = [];
  const store = (): void => {
    if (fresh.length === 0) return;
    try {
      blocks.putMany(fresh.splice(0));
    } catch (error) {
      // The manifest does not need the stored hashes; without them the next start reads the files again.
      logger.warn({ err: error }, 'block hashes could not be stored');
    }
  };
  let doneBytes = 0;
  let read = 0;
  try {
    for (const [index, { identity }] of files.entries()) {
      if (index % knownPerTurn === 0) await nextTurn();
      throwIfAborted(signal);
      let hashes = identity.sizeBytes === 0 ? [] : blocks.get(identity);
      if (!hashes) {
        read += 1;
        await options.turn();
        const own = (bytesOfFile: number): void => onProgress(doneBytes + bytesOfFile, totalBytes);
        hashes = await hashSteady({ fileSystem, hasher }, identity, { ...options, onProgress: own });
        if (!hashes) return undefined;
        fresh.push([identity, hashes]);
        if (fresh.length >= storeEvery) store();
      }
      byFile.push(hashes);
      doneBytes += identity.sizeBytes;
      onProgress(doneBytes, totalBytes);
    }
  } finally {
    store();
  }
  return { byFile, read };
}

/** The hashes of a file that stayed the same while it was read; undefined when it changed or vanished. */
async function hashSteady(
  { fileSystem, hasher }: Pick<BuildContext, 'fileSystem' | 'hasher'>,
  identity: FileIdentity,
  options: HashOptions & { signal: AbortSignal },
): Promise<string[] | undefined> {
  try {
    const hashes = await hasher.hashFile(identity.path, options);
    return (await isSame(fileSystem, identity)) ? hashes : undefined;
  } catch (error) {
    throwIfAborted(options.signal);
    if (await isSame(fileSystem, identity)) throw error;
    return undefined;
  }
}

async function isSame(fileSystem: FileSystem, { path, sizeBytes, mtimeNs, inode }: FileIdentity): Promise<boolean> {
  try {
    const now = await fileSystem.lstat(path);
    return now.kind === 'file' && now.sizeBytes === sizeBytes && now.mtimeNs === mtimeNs && now.inode === inode;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

function encode(id: GameId, { sentinel, payload }: Content, byFile: readonly (readonly string[])[]): HashedManifest {
  const manifest: Manifest = {
    id,
    version: sentinel.version,
    sentinel: sentinel.text,
    blockSize: blockSizeBytes,
    directories: payload.directories,
    files: payload.files.map(({ path, identity }, index) => ({
      path,
      size: identity.sizeBytes,
      blocks: byFile[index] ?? [],
    })),
  };
  const bytes = encodeManifest(manifest);
  if (bytes.length > limits.manifestBytes) {
    const message = `The list of files of ${id} is over ${limits.manifestBytes} bytes; it cannot be shared.`;
    throw new LanspreadError('MANIFEST_INVALID', { message });
  }
  return { manifest, bytes, root: manifestRoot(bytes), executables: executablesOf(payload.files) };
}

function executablesOf(files: readonly PayloadFile[]): number[] {
  return files.flatMap(({ executable }, index) => (executable ? [index] : []));
}
