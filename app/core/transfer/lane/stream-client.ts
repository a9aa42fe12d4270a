import type { OnReadOpts } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { LanspreadError } from '../../base/index.ts';
import { encodeFrame, limits, type LaneOffer, type StreamInstall } from '../../protocol/index.ts';
import { normalizeFingerprint } from './certificate.ts';
import { tlsOptions, type Credentials } from './tls-options.ts';

const connectLimitMs = 5_000;
const leastAttempts = 5;
const firstPauseMs = 50;
/** What goes to the main thread at a time. */
const chunkBytes = 256 * 1024;
/** The most that a TLS record carries: so much room is left whenever the socket may deliver. */
const recordBytes = 16 * 1024;
/** Chunks that the main thread has not given back, beyond which the socket is paused. */
const chunksInFlight = 8;

export interface StreamOrder {
  readonly streamId: number;
  readonly peerId: string;
  readonly request: StreamInstall;
}

export interface StreamClientHost {
  bytes(order: StreamOrder, bytes: Uint8Array<ArrayBuffer>): void;
  ended(order: StreamOrder, error: LanspreadError | undefined): void;
}

/** The receiving end of one stream: a connection of its own, tried again as long as not a byte came. */
export class StreamClient {
  readonly order: StreamOrder;
  readonly #offer: LaneOffer;
  readonly #credentials: Credentials;
  readonly #host: StreamClientHost;
  #socket: TLSSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #attempts = 0;
  #hasReceived = false;
  #isOver = false;
  readonly #free: ArrayBuffer[] = [];
  #chunk = new ArrayBuffer(chunkBytes);
  /** Of the chunk: up to where it was handed on, and up to where it is filled. */
  #handedOn = 0;
  #filled = 0;
  #inFlight = 0;
  #isHandingOn = false;
  #isPaused = false;

  constructor(
    order: StreamOrder,
    { offer, credentials, host }: { offer: LaneOffer; credentials: Credentials; host: StreamClientHost },
  ) {
    this.order = order;
    this.#offer = offer;
    this.#credentials = credentials;
    this.#host = host;
    this.#dial();
  }

  /** A chunk is done with. */
  taken(buffer: ArrayBuffer): void {
    this.#inFlight -= 1;
    if (buffer.byteLength === chunkBytes) this.#free.push(buffer);
    if (!this.#isPaused || this.#inFlight >= chunksInFlight) return;
    this.#isPaused = false;
    this.#socket?.resume();
  }

  /** Ends it without a word. */
  leave(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#socket?.destroy();
  }

  end(error: LanspreadError | undefined): void {
    if (this.#isOver) return;
    this.#handOn({ isWithinRead: false });
    this.leave();
    this.#host.ended(this.order, error);
  }

  #dial(): void {
    const { addresses, fingerprint } = this.#offer;
    const address = addresses[this.#attempts % addresses.length];
    if (!address) {
      queueMicrotask(() =>
        this.end(new LanspreadError('PEER_UNREACHABLE', { message: 'The peer told no byte lane.' })),
      );
      return;
    }
    this.#attempts += 1;
    // `onread` is documented for tls.connect; the types leave it out.
    const options: ConnectionOptions & { onread: OnReadOpts } = {
      ...tlsOptions(this.#credentials),
      host: address.host,
      port: address.port,
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      onread: { buffer: this.#room, callback: this.#received },
    };
    const socket = connect(options);
    this.#socket = socket;
    socket.setNoDelay(true);
    let failure: unknown;
    this.#timer = setTimeout(() => {
      failure = new LanspreadError('PEER_UNREACHABLE', { message: `No answer within ${connectLimitMs} ms.` });
      socket.destroy();
    }, connectLimitMs);
    socket.once('secureConnect', () => {
      clearTimeout(this.#timer);
      const shown = socket.getPeerX509Certificate()?.fingerprint256;
      if (!socket.isSessionReused() && shown && normalizeFingerprint(shown) === fingerprint) {
        socket.write(encodeFrame(this.order.request, { maxBytes: limits.laneHeaderBytes }));
        return;
      }
      const message = 'The byte lane at this address shows another certificate than the peer told.';
      failure = new LanspreadError('PEER_UNREACHABLE', { message });
      socket.destroy();
    });
    socket.on('error', (error) => (failure ??= error));
    socket.once('close', () => this.#closed(failure));
  }

  /**
   * A connection that ended before a byte came: the peer may not know our certificate yet, or sits at another of its
   * addresses.
   */
  #closed(cause: unknown): void {
    clearTimeout(this.#timer);
    if (this.#isOver) return;
    if (this.#hasReceived) {
      this.end(cause === undefined ? undefined : new LanspreadError('PEER_GONE', { cause }));
    } else if (this.#attempts >= Math.max(leastAttempts, this.#offer.addresses.length + 1)) {
      this.end(cause instanceof LanspreadError ? cause : new LanspreadError('PEER_UNREACHABLE', { cause }));
    } else {
      this.#timer = setTimeout(() => this.#dial(), firstPauseMs * 2 ** (this.#attempts - 1));
    }
  }

  /** For `onread.buffer`: asked for after every read, so what lies behind it may have been given away before. */
  readonly #room = (): Uint8Array => new Uint8Array(this.#chunk, this.#filled, recordBytes);

  /** For `onread.callback`. */
  readonly #received = (count: number): boolean => {
    if (this.#isOver) return false;
    this.#hasReceived = true;
    this.#filled += count;
    if (this.#filled + recordBytes > chunkBytes) this.#handOn({ isWithinRead: true });
    else if (!this.#isHandingOn) {
      this.#isHandingOn = true;
      setImmediate(this.#handOnRest);
    }
    this.#isPaused = this.#inFlight >= chunksInFlight;
    return !this.#isPaused;
  };

  readonly #handOnRest = (): void => {
    this.#isHandingOn = false;
    if (!this.#isOver) this.#handOn({ isWithinRead: false });
  };

  /** Outside of a read the socket holds on to the chunk, so that its bytes are copied. */
  #handOn({ isWithinRead }: { isWithinRead: boolean }): void {
    const lengthBytes = this.#filled - this.#handedOn;
    if (lengthBytes > 0) {
      this.#inFlight += 1;
      const bytes = new Uint8Array(this.#chunk, this.#handedOn, lengthBytes);
      this.#host.bytes(this.order, isWithinRead ? bytes : bytes.slice());
    }
    this.#handedOn = this.#filled;
    if (!isWithinRead) return;
    // With nothing new in it, the chunk stayed here.
    if (lengthBytes > 0) this.#chunk = this.#free.pop() ?? new ArrayBuffer(chunkBytes);
    this.#handedOn = 0;
    this.#filled = 0;
  }
}
