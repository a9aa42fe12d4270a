/**
 * The hashing thread: reads files in pieces into one reused buffer and hashes each piece while it is in the CPU cache.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { createHasher, isNotFound, systemCode } from '../base/index.ts';
import type { BlockToCheck, HashReply, HashSlice, HashWorkerSetup } from './hash-messages.ts';

if (!parentPort) throw new Error('hash-worker.ts runs as a worker thread only.');
const port = parentPort;
// The library starts this thread with exactly this data.
const { blockSizeBytes, stop } = workerData as HashWorkerSetup;

/** Small enough to be hashed from the CPU cache: twice as fast as reading whole blocks. */
const pieceBytes = 256 * 1024;
const piece = Buffer.allocUnsafeSlow(pieceBytes);
const hasher = createHasher();
/** Follows no link, and never waits for a writer of a pipe. */
const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

class NoRegularFile extends Error {
  readonly code = 'EINVAL';
}

class OpenFile implements Disposable {
  readonly #descriptor: number;
  readonly sizeBytes: number;

  constructor(path: string) {
    this.#descriptor = openSync(path, openFlags);
    const stat = fstatSync(this.#descriptor);
    this.sizeBytes = stat.size;
    if (stat.isFile()) return;
    closeSync(this.#descriptor);
    throw new NoRegularFile(`${path} is no regular file`);
  }

  /** Hashes up to `lengthBytes`. When `bytes` is less, the file ended there. */
  hash(offsetBytes: number, lengthBytes: number): { bytes: number; hash: string } {
    let bytes = 0;
    while (bytes < lengthBytes) {
      const wanted = Math.min(pieceBytes, lengthBytes - bytes);
      const count = readSync(this.#descriptor, piece, 0, wanted, offsetBytes + bytes);
      if (count === 0) break;
      hasher.update(count === pieceBytes ? piece : piece.subarray(0, count));
      bytes += count;
    }
    return { bytes, hash: hasher.finish() };
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}

const isStopped = (id: number): boolean => Atomics.load(stop, 0) === id;

function hashBlocks(slice: HashSlice, { fromBlock, count }: { fromBlock: number; count: number }): HashReply {
  const { id } = slice;
  using file = new OpenFile(slice.path);
  const hashes: string[] = [];
  for (let block = fromBlock; block < fromBlock + count; block += 1) {
    if (isStopped(id)) return { id, kind: 'stopped' };
    const { bytes, hash } = file.hash(block * blockSizeBytes, blockSizeBytes);
    if (bytes > 0) hashes.push(hash);
    if (bytes < blockSizeBytes) break;
  }
  return { id, kind: 'hashed', hashes, sizeBytes: file.sizeBytes };
}

function checkBlocks(slice: HashSlice, blocks: readonly BlockToCheck[]): HashReply {
  const { id } = slice;
  const none = blocks.map(() => false);
  let opened: OpenFile;
  try {
    opened = new OpenFile(slice.path);
  } catch (error) {
    if (isNotFound(error) || systemCode(error) === 'ELOOP' || error instanceof NoRegularFile)
      return { id, kind: 'checked', sound: none };
    throw error;
  }
  using file = opened;
  const sound = none;
  for (const [index, { offsetBytes, lengthBytes, hash: expected }] of blocks.entries()) {
    if (isStopped(id)) return { id, kind: 'stopped' };
    const { bytes, hash } = file.hash(offsetBytes, lengthBytes);
    sound[index] = bytes === lengthBytes && hash === expected;
  }
  return { id, kind: 'checked', sound };
}

port.on('message', (slice: HashSlice) => {
  const { id, task } = slice;
  let reply: HashReply;
  try {
    reply = task.kind === 'hash' ? hashBlocks(slice, task) : checkBlocks(slice, task.blocks);
  } catch (error) {
    // A failed read may leave half a block in the hasher.
    hasher.finish();
    reply = {
      id,
      kind: 'failed',
      message: error instanceof Error ? error.message : String(error),
      code: systemCode(error),
    };
  }
  port.postMessage(reply);
});
