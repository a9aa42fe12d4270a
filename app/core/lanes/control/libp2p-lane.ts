/** The control lane: blocks over streams of the control plane, for peers whose TLS lane cannot be reached. */
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import {
  blake3Hex,
  LanspreadError,
  nodeFileSystem,
  someBytes,
  systemClock,
  throwIfAborted,
  toDisposable,
  type Clock,
  type FileSystem,
} from '../../base/index.ts';
import { getBlocksSchema, laneReplySchema, protocols } from '../../protocol/index.ts';
import type { PeerNetwork, PeerStream } from '../../peers/index.ts';
import { changedMeanwhile, diskError, isCut, openError } from '../disk-errors.ts';
import { withPeerStream } from '../../peers/index.ts';
import { refusalOf } from '../refusal.ts';
import type { Authorize, FetchListener, FetchRequest, Lane, ServePlan } from '../types.ts';
import type { Uploads } from '../../uploads/index.ts';
import { takeBytes, takePlace, wordsForStrangers } from '../../uploads/index.ts';

const sliceBytes = 256 * 1024;
/** How often arriving bytes are told of, in milliseconds. */
const tellPeriodMs = 50;
const noFollow = constants.O_NOFOLLOW ?? 0;

export function createLibp2pLane(peers: Pick<PeerNetwork, 'open'>): Lane {
  return {
    kind: 'libp2p',
    async fetch(request, listener, { signal }) {
      const { peerId } = request;
      await withPeerStream(peers, { peerId, protocol: protocols.blocks, signal }, (stream) =>
        receive(stream, request, { listener, signal }),
      );
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
  if (!reply.ok) throw refusalOf(reply, peerId);
  const expected = files.reduce(
    (sum, { blocks }) => sum + blocks.reduce((bytes, block) => bytes + block.lengthBytes, 0),
    0,
  );
  if (reply.bytes !== expected)
    throw new LanspreadError('BAD_MESSAGE', {
      message: 'The other PC announced a different length.',
      details: { peerId },
    });
  const longest = Math.max(0, ...files.map(({ blocks }) => blocks[0]?.lengthBytes ?? 0));
  const buffer = Buffer.allocUnsafe(longest);
  const telling = new ByteCount(listener);
  for (const file of files) {
    await using target = await Target.open(file);
    for (const { block, offsetBytes, lengthBytes, hash } of file.blocks) {
      // Written only once it is sound: another lane may be writing the same block.
      const bytes = buffer.subarray(0, lengthBytes);
      await fill(bytes, stream, { telling, signal });
      const isSound = blake3Hex(bytes) === hash;
      if (isSound) await target.write(bytes, offsetBytes);
      throwIfAborted(signal);
      listener.onBlock(block, isSound);
    }
  }
  telling.flush();
}

async function fill(
  bytes: Buffer,
  stream: PeerStream,
  { telling, signal }: { telling: ByteCount; signal: AbortSignal },
): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    throwIfAborted(signal);
    const some = await stream.readSome(bytes.length - done);
    if (!some)
      throw new LanspreadError('PEER_GONE', {
        message: 'The stream ended early.',
        details: { peerId: stream.peerId },
      });
    bytes.set(some, done);
    done += some.length;
    telling.add(some.length);
  }
}

/** Passes raw bytes on to the listener, some 20 times a second at most. */
class ByteCount {
  readonly #listener: FetchListener;
  #bytes = 0;
  #toldAtMs = performance.now();

  constructor(listener: FetchListener) {
    this.#listener = listener;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    if (performance.now() - this.#toldAtMs >= tellPeriodMs) this.flush();
  }

  flush(): void {
    if (this.#bytes > 0) this.#listener.onBytes(this.#bytes);
    this.#bytes = 0;
    this.#toldAtMs = performance.now();
  }
}

/** A file that is being filled. Errors: `DISK_FULL`, `IO_ERROR`, both with the path. */
class Target implements AsyncDisposable {
  readonly #path: string;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  static async open(file: FetchRequest['files'][number]): Promise<Target> {
    const { path, isBegun = false } = file;
    let handle: FileHandle | undefined;
    try {
      const make = isBegun ? 0 : constants.O_CREAT;
      handle = await open(path, constants.O_RDWR | make | noFollow, 0o644);
      if (isCut(file, (await handle.stat()).size)) {
        if (isBegun) throw changedMeanwhile(path);
        await handle.truncate(file.sizeBytes);
      }
      return new Target(path, handle);
    } catch (error) {
      await handle?.close();
      throw openError(error, file);
    }
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, position + done);
        done += someBytes(bytesWritten);
      }
    } catch (error) {
      throw diskError(error, this.#path);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

interface ServeBlocksOptions {
  readonly authorize: Authorize;
  readonly fileSystem?: FileSystem;
  /** The limits of this PC's uploads, shared with the byte lane. Default: none. */
  readonly uploads?: Uploads;
  readonly clock?: Clock;
}

const unlimited: Uploads = {
  isMetered: false,
  enter(_peerId, admit) {
    admit();
    return toDisposable(() => {});
  },
  claim: () => toDisposable(() => {}),
};

/** Serves the same requests as the byte lane, through the same gate and within the same limits. */
export function serveBlocks(
  peers: Pick<PeerNetwork, 'handle'>,
  { authorize, fileSystem = nodeFileSystem, uploads = unlimited, clock = systemClock }: ServeBlocksOptions,
): Disposable {
  return peers.handle(protocols.blocks, async (stream, { peerId, signal }) => {
    const request = await stream.readMessage(getBlocksSchema, 'GetBlocks');
    using stack = new DisposableStack();
    let plan;
    try {
      stack.use(await takePlace({ uploads, peerId, signal, clock }));
      plan = await authorize(peerId, request);
    } catch (error) {
      throwIfAborted(signal);
      await stream.writeMessage({ ok: false, ...wordsForStrangers(error) });
      return;
    }
    await stream.writeMessage({ ok: true, bytes: plan.totalBytes });
    await send(stream, plan, { fileSystem, uploads, signal });
  });
}

async function send(
  stream: PeerStream,
  { segments }: ServePlan,
  { fileSystem, uploads, signal }: { fileSystem: FileSystem; uploads: Uploads; signal: AbortSignal },
): Promise<void> {
  const { peerId } = stream;
  const buffer = Buffer.allocUnsafe(sliceBytes);
  let creditBytes = 0;
  for (const { path, offsetBytes, lengthBytes } of segments) {
    await using handle = await fileSystem.openToRead(path);
    let done = 0;
    while (done < lengthBytes) {
      throwIfAborted(signal);
      if (creditBytes <= 0 || creditBytes === Infinity) creditBytes = await takeBytes({ uploads, peerId, signal });
      const mostBytes = Math.min(sliceBytes, lengthBytes - done, creditBytes);
      const count = await handle.read(buffer.subarray(0, mostBytes), offsetBytes + done);
      if (count === 0)
        throw new LanspreadError('NOT_SERVED', { message: 'A file of the payload is shorter than it was.' });
      await stream.write(buffer.subarray(0, count));
      creditBytes -= count;
      done += count;
    }
  }
}
