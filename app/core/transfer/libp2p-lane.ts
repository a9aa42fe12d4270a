/** The fallback road: blocks over streams of the control plane, for peers whose byte lane cannot be reached. */
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import {
  createHasher,
  isErrorCode,
  LanspreadError,
  nodeFileSystem,
  throwIfAborted,
  toLanspreadError,
  type FileSystem,
} from '../base/index.ts';
import { getBlocksSchema, laneReplySchema, protocols } from '../protocol/index.ts';
import type { PeerNetwork, PeerStream } from '../peers/index.ts';
import type { Authorize, FetchListener, FetchRequest, Lane } from './types.ts';

const sliceBytes = 256 * 1024;
const noFollow = constants.O_NOFOLLOW ?? 0;

export function createLibp2pLane(peers: Pick<PeerNetwork, 'open'>): Lane {
  return {
    kind: 'libp2p',
    async fetch(request, listener, { signal }) {
      throwIfAborted(signal);
      const stream = await peers.open(request.peerId, protocols.blocks, { signal });
      try {
        await receive(stream, request, { listener, signal });
        await stream.close();
      } catch (error) {
        stream.abort(toLanspreadError(error));
        throw error instanceof LanspreadError ? error : diskOrPeer(error, request.peerId);
      }
    },
    async [Symbol.asyncDispose]() {
      // Its streams belong to the peer network.
    },
  };
}

async function receive(
  stream: PeerStream,
  { peerId, request, files }: FetchRequest,
  { listener, signal }: { listener: FetchListener; signal: AbortSignal },
): Promise<void> {
  await stream.writeMessage(request);
  const reply = await stream.readMessage(laneReplySchema, 'reply to GetBlocks');
  if (!reply.ok) {
    throw new LanspreadError(isErrorCode(reply.code) ? reply.code : 'NOT_SERVED', {
      message: reply.message,
      details: { peerId },
    });
  }
  const expected = files.reduce(
    (sum, { blocks }) => sum + blocks.reduce((bytes, block) => bytes + block.lengthBytes, 0),
    0,
  );
  if (reply.bytes !== expected)
    throw new LanspreadError('BAD_MESSAGE', { message: 'The peer announces another length.', details: { peerId } });
  const hasher = createHasher();
  for (const { path, sizeBytes, blocks } of files) {
    await using handle = await openTarget(path, sizeBytes);
    for (const { block, offsetBytes, lengthBytes, hash } of blocks) {
      let done = 0;
      while (done < lengthBytes) {
        throwIfAborted(signal);
        const bytes = await stream.readSome(Math.min(sliceBytes, lengthBytes - done));
        if (!bytes) throw new LanspreadError('PEER_GONE', { message: 'The stream ended early.', details: { peerId } });
        hasher.update(bytes);
        await writeAll(handle, bytes, offsetBytes + done);
        done += bytes.length;
        listener.onBytes(bytes.length);
      }
      listener.onBlock(block, hasher.finish() === hash);
    }
  }
}

async function openTarget(path: string, sizeBytes: number): Promise<FileHandle> {
  const handle = await open(path, constants.O_RDWR | constants.O_CREAT | noFollow, 0o644);
  try {
    if (process.platform !== 'win32' && (await handle.stat()).size < sizeBytes) await handle.truncate(sizeBytes);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length)
    done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
}

function diskOrPeer(error: unknown, peerId: string): LanspreadError {
  const coded = toLanspreadError(error, 'INTERNAL');
  return coded.code === 'INTERNAL' ? new LanspreadError('PEER_GONE', { details: { peerId }, cause: error }) : coded;
}

/** Serves the same requests as the byte lane, through the same gate. */
export function serveBlocks(
  peers: Pick<PeerNetwork, 'handle'>,
  { authorize, fileSystem = nodeFileSystem }: { authorize: Authorize; fileSystem?: FileSystem },
): Disposable {
  return peers.handle(protocols.blocks, async (stream, { peerId, signal }) => {
    const request = await stream.readMessage(getBlocksSchema, 'GetBlocks');
    let plan;
    try {
      plan = await authorize(peerId, request);
    } catch (error) {
      const { code, message } = toLanspreadError(error);
      await stream.writeMessage({ ok: false, code, message });
      return;
    }
    await stream.writeMessage({ ok: true, bytes: plan.totalBytes });
    const buffer = Buffer.allocUnsafe(sliceBytes);
    for (const { path, offsetBytes, lengthBytes } of plan.segments) {
      await using handle = await fileSystem.open(path, 'read');
      let done = 0;
      while (done < lengthBytes) {
        throwIfAborted(signal);
        const count = await handle.read(
          buffer.subarray(0, Math.min(sliceBytes, lengthBytes - done)),
          offsetBytes + done,
        );
        if (count === 0)
          throw new LanspreadError('NOT_SERVED', { message: 'A file of the payload is shorter than it was.' });
        await stream.write(buffer.subarray(0, count));
        done += count;
      }
    }
  });
}
