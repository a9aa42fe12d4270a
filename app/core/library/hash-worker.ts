/** The hashing thread: reads files in blocks into one reused buffer and hashes them. */
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { blake3Hex } from '../base/index.ts';
import { blockSizeBytes } from '../protocol/index.ts';
import type { HashJob, HashReply } from './hash-messages.ts';

if (!parentPort) throw new Error('hash-worker.ts runs as a worker thread only.');
const port = parentPort;
const buffer = Buffer.allocUnsafeSlow(blockSizeBytes);
const noFollow = constants.O_NOFOLLOW ?? 0;
/** Told to stop, by job; read between blocks through the shared flag. */
const progressEveryMs = 100;

function readBlock(descriptor: number, offsetBytes: number, lengthBytes: number): Buffer {
  let done = 0;
  while (done < lengthBytes) {
    const count = readSync(descriptor, buffer, done, lengthBytes - done, offsetBytes + done);
    if (count === 0) break;
    done += count;
  }
  return buffer.subarray(0, done);
}

function run({ id, path, stop, task }: HashJob): HashReply {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | noFollow);
  } catch (error) {
    if (task.kind === 'check') return { id, kind: 'checked', sound: task.blocks.map(() => false) };
    throw error;
  }
  let toldAt = performance.now();
  let hashedBytes = 0;
  const tell = (bytes: number): void => {
    hashedBytes += bytes;
    if (performance.now() - toldAt < progressEveryMs) return;
    toldAt = performance.now();
    port.postMessage({ id, kind: 'progress', hashedBytes } satisfies HashReply);
  };
  const stopped = (): boolean => Atomics.load(stop, 0) !== 0;
  try {
    if (task.kind === 'check') {
      const sound: boolean[] = [];
      for (const { offsetBytes, lengthBytes, hash } of task.blocks) {
        if (stopped()) return { id, kind: 'stopped' };
        const block = readBlock(descriptor, offsetBytes, lengthBytes);
        sound.push(block.length === lengthBytes && blake3Hex(block) === hash);
        tell(block.length);
      }
      return { id, kind: 'checked', sound };
    }
    const hashes: string[] = [];
    for (let offsetBytes = 0; ; offsetBytes += blockSizeBytes) {
      if (stopped()) return { id, kind: 'stopped' };
      const block = readBlock(descriptor, offsetBytes, blockSizeBytes);
      if (block.length > 0) hashes.push(blake3Hex(block));
      tell(block.length);
      if (block.length < blockSizeBytes) return { id, kind: 'hashed', hashes };
    }
  } finally {
    closeSync(descriptor);
  }
}

port.on('message', (job: HashJob) => {
  let reply: HashReply;
  try {
    reply = run(job);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    reply = { id: job.id, kind: 'failed', message: error instanceof Error ? error.message : String(error), code };
  }
  port.postMessage(reply);
});
