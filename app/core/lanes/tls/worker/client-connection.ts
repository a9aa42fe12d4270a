import type { OnReadOpts } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { LanspreadError, toLanspreadError } from '../../../base/index.ts';
import { encodeFrame, type LaneReply, laneReplySchema, limits } from '../../../protocol/index.ts';
import { BlockSink } from './block-sink.ts';
import { LaneFrameReader } from './frame-reader.ts';
import { refusalOf } from '../../refusal.ts';
import type { FetchOrder } from '../messages.ts';

/**
 * How long a lane that never brought a byte of content may take from an answer to its first one, in milliseconds. Some
 * networks swallow every full packet: the small answer comes, and then nothing.
 */
const contentLimitMs = 2_000;
/** 64 KiB to hash and disk at a time: on ext4 writes of 128 KiB and more cost the receiver half as much again. */
const receiveSlots = 4;
/** A response that brings less than this in the idle time is dropped, so that a slow drip cannot hold a range. */
const leastBytesPerIdleTime = 16 * 1024;

/** A fetch inside a worker. */
export interface WorkerFetch {
  readonly order: FetchOrder;
  /** How often a connection was lost before a byte of the answer came. */
  attempts: number;
  /** Another fetch has some of these blocks too: write nothing that was not verified. */
  isCareful: boolean;
  onBytes(count: number): void;
  onBlock(block: number, sound: boolean): void;
  settle(error?: LanspreadError): void;
}

interface Running {
  readonly fetch: WorkerFetch;
  readonly sink: BlockSink;
  /** Whether the answer's header was read. */
  isAnswered: boolean;
  isAbandoned: boolean;
}

export interface ClientConnectionHost {
  /** The connection is of no use any more; these fetches got no byte and may be tried on another one. */
  closed(connection: ClientConnection, untouched: readonly WorkerFetch[], error: LanspreadError): void;
  /** A request was answered: there is room for another. */
  ready(): void;
  /** Whether content ever came from this peer's lane. */
  readonly hasDelivered: boolean;
  /** Content came. */
  delivered(): void;
}

/** What a socket is read with. Node wants it before the socket connects; the connection takes it over afterwards. */
export class BlockReader {
  readonly onread: OnReadOpts;
  connection: Pick<ClientConnection, 'consume' | 'wantedBytes'> | undefined;

  constructor() {
    const buffer = new ReceiveBuffer({
      slots: receiveSlots,
      consume: (bytes, end) => this.connection?.consume(bytes, end),
      wantedBytes: () => this.connection?.wantedBytes() ?? 0,
    });
    this.onread = { buffer: buffer.next, callback: buffer.received };
  }
}

/** The asking end of one connection. Up to two requests in flight, answers in order. */
export class ClientConnection {
  readonly #socket: TLSSocket;
  readonly #host: ClientConnectionHost;
  readonly #running: Running[] = [];
  readonly #frames = new LaneFrameReader();
  #contentLimit: NodeJS.Timeout | undefined;
  #hasReceived = false;
  #isClosed = false;
  #idleSinceMs = performance.now();
  #windowBytes = 0;
  #windowSinceMs = performance.now();

  /** Over a socket that is connected and has shown the peer's certificate. */
  constructor(socket: TLSSocket, { reader, host }: { reader: BlockReader; host: ClientConnectionHost }) {
    this.#socket = socket;
    this.#host = host;
    reader.connection = this;
    socket.on('error', (cause) => this.#close(this.#lost(cause)));
    socket.on('close', () => this.#close(this.#lost()));
  }

  get requestsInFlight(): number {
    return this.#running.length;
  }

  send(fetch: WorkerFetch): void {
    const sink = new BlockSink(fetch.order.files, { isCareful: fetch.isCareful, onBlock: fetch.onBlock });
    if (this.#running.length === 0) this.#restartWindow();
    this.#running.push({ fetch, sink, isAnswered: false, isAbandoned: false });
    this.#socket.write(encodeFrame(fetch.order.request, { maxBytes: limits.laneHeaderBytes }));
  }

  beCareful(fetchId: number): void {
    for (const { fetch, sink } of this.#running) {
      if (fetch.order.id !== fetchId) continue;
      // It may be begun anew on another connection.
      fetch.isCareful = true;
      sink.beCareful();
    }
  }

  /** Ends a fetch; false when it is not here. Nothing of it is written after this returns. */
  abort(fetchId: number): boolean {
    const index = this.#running.findIndex(({ fetch, isAbandoned }) => fetch.order.id === fetchId && !isAbandoned);
    const running = this.#running[index];
    if (!running) return false;
    running.isAbandoned = true;
    running.sink.close();
    const error = new LanspreadError('CANCELLED');
    running.fetch.settle(error);
    // A later request's bytes are still to come; the connection ends when they would.
    if (index === 0) this.#close(error);
    return true;
  }

  /** Called now and then: drops what stands still. `nowMs` is monotonic. */
  check(nowMs: number): void {
    if (this.#running.length === 0) {
      if (nowMs - this.#idleSinceMs > limits.requestIdleMs) this.#close(new LanspreadError('CANCELLED'));
      return;
    }
    if (nowMs - this.#windowSinceMs <= limits.requestIdleMs) return;
    if (this.#windowBytes < leastBytesPerIdleTime) {
      const message = `Next to nothing came for ${limits.requestIdleMs} ms.`;
      this.#close(new LanspreadError('PEER_TIMEOUT', { message }), { isHeadToBlame: true });
    } else this.#restartWindow();
  }

  close(error: LanspreadError): void {
    this.#close(error);
  }

  #restartWindow(): void {
    this.#windowBytes = 0;
    this.#windowSinceMs = performance.now();
  }

  /** While a header is awaited every byte counts at once; within a body, full buffers are fine until its end. */
  wantedBytes(): number {
    const running = this.#running[0];
    return running?.isAnswered ? running.sink.totalBytes - running.sink.takenBytes : 0;
  }

  /** Takes what came, from 0 to `end`; the bytes are overwritten afterwards. */
  consume(bytes: Buffer, end: number): void {
    this.#hasReceived = true;
    this.#windowBytes += end;
    let at = 0;
    try {
      while (at < end && !this.#isClosed) {
        const running = this.#running[0];
        if (!running)
          throw new LanspreadError('PEER_GONE', { message: 'The other PC sent data that was not requested.' });
        if (running.isAbandoned) {
          this.#close(new LanspreadError('CANCELLED'));
        } else if (running.isAnswered) {
          const taken = running.sink.take(bytes, at, end);
          this.#delivered();
          running.fetch.onBytes(taken);
          at += taken;
          if (running.sink.isComplete) this.#settle(running);
        } else {
          at += this.#frames.take(bytes, at, end);
          if (this.#frames.isWhole) this.#answered(running, this.#frames.finish(laneReplySchema, 'lane reply'));
        }
      }
    } catch (error) {
      this.#close(asLaneError(error), { isHeadToBlame: true });
    }
  }

  #answered(running: Running, reply: LaneReply): void {
    if (!reply.ok) return this.#settle(running, refusalOf(reply, running.fetch.order.peerId));
    if (reply.bytes !== running.sink.totalBytes) {
      const message = `The peer would send ${reply.bytes} bytes instead of ${running.sink.totalBytes}.`;
      throw new LanspreadError('MANIFEST_MISMATCH', { message });
    }
    running.isAnswered = true;
    if (running.sink.isComplete) return this.#settle(running);
    if (!this.#host.hasDelivered) this.#contentLimit ??= setTimeout(() => this.#contentMissing(), contentLimitMs);
  }

  #delivered(): void {
    clearTimeout(this.#contentLimit);
    this.#contentLimit = undefined;
    if (!this.#host.hasDelivered) this.#host.delivered();
  }

  #contentMissing(): void {
    if (this.#host.hasDelivered) return;
    const message = `The byte lane answers, but no content came within ${contentLimitMs} ms.`;
    this.#close(new LanspreadError('PEER_TIMEOUT', { message }), { isHeadToBlame: true });
  }

  #settle(running: Running, error?: LanspreadError): void {
    if (!error) running.sink.finish();
    else running.sink.close();
    this.#running.shift();
    this.#idleSinceMs = performance.now();
    this.#restartWindow();
    running.fetch.settle(error);
    if (this.#running[0]?.isAbandoned) this.#close(new LanspreadError('CANCELLED'));
    this.#host.ready();
  }

  #lost(cause?: unknown): LanspreadError {
    return new LanspreadError(this.#hasReceived ? 'PEER_GONE' : 'PEER_UNREACHABLE', { cause });
  }

  /** A fetch whose answer had not begun is not the peer's failure yet: it may be tried on another connection. */
  #close(error: LanspreadError, { isHeadToBlame = false } = {}): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#contentLimit);
    this.#socket.destroy();
    const untouched: WorkerFetch[] = [];
    for (const [index, { fetch, sink, isAnswered, isAbandoned }] of this.#running.splice(0).entries()) {
      sink.close();
      if (isAbandoned) continue;
      if (isAnswered || (index === 0 && isHeadToBlame)) fetch.settle(error);
      else untouched.push(fetch);
    }
    this.#host.closed(this, untouched, error);
  }
}

/** What a fetch may fail with: a peer that talks nonsense is as good as gone. */
function asLaneError(error: unknown): LanspreadError {
  const coded = toLanspreadError(error, 'IO_ERROR');
  if (coded.code !== 'BAD_MESSAGE' && coded.code !== 'FRAME_TOO_LARGE') return coded;
  return new LanspreadError('PEER_GONE', {
    message: `The other PC sent an invalid message: ${coded.message}`,
    cause: error,
  });
}

/**
 * Where TLS puts decrypted bytes: a few slots of one record each, filled in order, handed on together. So nothing is
 * copied or allocated per record, and hash and disk see pieces large enough to be cheap and small enough to be hot.
 */
class ReceiveBuffer {
  /** The most a TLS record carries. */
  static readonly slotBytes = 16 * 1024;
  readonly #slots: readonly Buffer[];
  readonly #whole: Buffer;
  readonly #consume: (bytes: Buffer, end: number) => void;
  /** How many more bytes to wait for before a part-filled buffer is handed on. */
  readonly #wantedBytes: () => number;
  #slot = 0;
  #filled = 0;

  constructor({
    slots,
    consume,
    wantedBytes,
  }: {
    slots: number;
    /** Takes the bytes from 0 to `end`; they are overwritten afterwards. */
    consume: (bytes: Buffer, end: number) => void;
    wantedBytes: () => number;
  }) {
    this.#whole = Buffer.allocUnsafeSlow(slots * ReceiveBuffer.slotBytes);
    this.#slots = Array.from({ length: slots }, (_, index) =>
      this.#whole.subarray(index * ReceiveBuffer.slotBytes, (index + 1) * ReceiveBuffer.slotBytes),
    );
    this.#consume = consume;
    this.#wantedBytes = wantedBytes;
  }

  /** For `onread.buffer`: where the next record goes. */
  readonly next = (): Buffer => this.#slots[this.#slot] ?? this.#whole;

  /** For `onread.callback`. */
  readonly received = (count: number): boolean => {
    this.#filled += count;
    this.#slot += 1;
    const isFull = this.#slot === this.#slots.length;
    if (!isFull && count === ReceiveBuffer.slotBytes && this.#filled < this.#wantedBytes()) return true;
    const end = this.#filled;
    this.#slot = 0;
    this.#filled = 0;
    this.#consume(this.#whole, end);
    return true;
  };
}
