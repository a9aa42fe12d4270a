import type { OnReadOpts } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { LanspreadError, toLanspreadError } from '../../../base/index.ts';
import { encodeFrame, laneReplySchema, limits, type LaneReply } from '../../../protocol/index.ts';
import { BlockSink } from './block-sink.ts';
import { normalizeFingerprint } from '../certificate.ts';
import { FrameReader } from './frame-reader.ts';
import { refusalOf } from '../../refusal.ts';
import type { FetchOrder } from '../messages.ts';
import { ReceiveBuffer } from './receive-buffer.ts';
import { tlsOptions, type Credentials } from './tls-options.ts';

const connectLimitMs = 5_000;
/** 64 KiB to hash and disk at a time: on ext4 writes of 128 KiB and more cost the receiver half as much again. */
const receiveSlots = 4;
/** A response that brings less than this in the idle time is dropped, so that a slow drip cannot hold a range. */
const leastBytesPerIdleTime = 16 * 1024;

/** A fetch inside a worker. */
export interface WorkerFetch {
  readonly order: FetchOrder;
  /** How often a connection was lost before a byte of the answer came. */
  attempts: number;
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

interface ClientConnectionHost {
  /** The connection is of no use any more; these fetches got no byte and may be tried on another one. */
  closed(connection: ClientConnection, untouched: readonly WorkerFetch[], error: LanspreadError): void;
  /** A request was answered: there is room for another. */
  ready(): void;
}

/** The asking end of one connection. Up to two requests in flight, answers in order. */
export class ClientConnection {
  readonly #socket: TLSSocket;
  readonly #host: ClientConnectionHost;
  readonly #running: Running[] = [];
  readonly #frames = new FrameReader();
  readonly #connectTimer: NodeJS.Timeout;
  #isSecure = false;
  #hasReceived = false;
  #isClosed = false;
  #idleSinceMs = performance.now();
  #windowBytes = 0;
  #windowSinceMs = performance.now();

  constructor({
    address,
    fingerprint,
    credentials,
    host,
  }: {
    address: { readonly host: string; readonly port: number };
    /** The certificate the peer must show. */
    fingerprint: string;
    credentials: Credentials;
    host: ClientConnectionHost;
  }) {
    this.#host = host;
    const buffer = new ReceiveBuffer({
      slots: receiveSlots,
      consume: (bytes, end) => this.#consume(bytes, end),
      wantedBytes: () => this.#wantedBytes(),
    });
    // `onread` is documented for tls.connect; the types leave it out.
    const options: ConnectionOptions & { onread: OnReadOpts } = {
      ...tlsOptions(credentials),
      host: address.host,
      port: address.port,
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      onread: { buffer: buffer.next, callback: buffer.received },
    };
    this.#socket = connect(options);
    this.#socket.setNoDelay(true);
    this.#connectTimer = setTimeout(() => {
      this.#close(new LanspreadError('PEER_UNREACHABLE', { message: `No answer within ${connectLimitMs} ms.` }));
    }, connectLimitMs);
    this.#socket.once('secureConnect', () => this.#secured(fingerprint));
    this.#socket.on('error', (cause) => this.#close(this.#lost(cause)));
    this.#socket.on('close', () => this.#close(this.#lost()));
  }

  get requestsInFlight(): number {
    return this.#running.length;
  }

  send(fetch: WorkerFetch): void {
    const sink = new BlockSink(fetch.order.files, { isCareful: fetch.order.isCareful, onBlock: fetch.onBlock });
    if (this.#running.length === 0) this.#restartWindow();
    this.#running.push({ fetch, sink, isAnswered: false, isAbandoned: false });
    if (this.#isSecure) this.#ask(fetch);
  }

  beCareful(fetchId: number): void {
    this.#running.find(({ fetch }) => fetch.order.id === fetchId)?.sink.beCareful();
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

  #secured(fingerprint: string): void {
    clearTimeout(this.#connectTimer);
    const shown = this.#socket.getPeerX509Certificate()?.fingerprint256;
    if (this.#socket.isSessionReused() || !shown || normalizeFingerprint(shown) !== fingerprint) {
      const message = 'The byte lane at this address shows another certificate than the peer told.';
      this.#close(new LanspreadError('PEER_UNREACHABLE', { message }));
      return;
    }
    this.#isSecure = true;
    for (const { fetch } of this.#running) this.#ask(fetch);
  }

  #ask({ order }: WorkerFetch): void {
    this.#socket.write(encodeFrame(order.request, { maxBytes: limits.laneHeaderBytes }));
  }

  /** While a header is awaited every byte counts at once; within a body, full buffers are fine until its end. */
  #wantedBytes(): number {
    const running = this.#running[0];
    return running?.isAnswered ? running.sink.totalBytes - running.sink.takenBytes : 0;
  }

  #consume(bytes: Buffer, end: number): void {
    this.#hasReceived = true;
    this.#windowBytes += end;
    let at = 0;
    try {
      while (at < end && !this.#isClosed) {
        const running = this.#running[0];
        if (!running) throw new LanspreadError('PEER_GONE', { message: 'The peer sent what nobody asked for.' });
        if (running.isAbandoned) {
          this.#close(new LanspreadError('CANCELLED'));
        } else if (running.isAnswered) {
          const taken = running.sink.take(bytes, at, end);
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
    if (running.sink.isComplete) this.#settle(running);
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
    clearTimeout(this.#connectTimer);
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
  return new LanspreadError('PEER_GONE', { message: `The peer sent nonsense: ${coded.message}`, cause: error });
}
