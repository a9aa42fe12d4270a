import type { OnReadOpts } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { LanspreadError, type RingPlace, type SlotRing } from '../../base/index.ts';
import { encodeFrame, limits, type LaneOffer } from '../../protocol/index.ts';
import { normalizeFingerprint } from './certificate.ts';
import { streamSlots, type StreamOrder } from './stream-slots.ts';
import { tlsOptions, type Credentials } from './tls-options.ts';

const connectLimitMs = 5_000;
const leastAttempts = 5;
const firstPauseMs = 50;
/** What does not fill a slot goes on after so long: each piece has its cost on the way to the disk. */
const gatherMs = 10;

export interface StreamClientHost {
  bytes(order: StreamOrder, place: RingPlace): void;
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
  readonly #slots: SlotRing;
  #gathering: NodeJS.Timeout | undefined;
  #isPaused = false;

  constructor(
    order: StreamOrder,
    { offer, credentials, host }: { offer: LaneOffer; credentials: Credentials; host: StreamClientHost },
  ) {
    this.order = order;
    this.#slots = streamSlots(order.memory);
    this.#offer = offer;
    this.#credentials = credentials;
    this.#host = host;
    this.#dial();
  }

  /** A place of this slot was read. */
  taken(slot: number): void {
    this.#slots.taken(slot);
    if (!this.#isPaused || this.#slots.isTight) return;
    this.#isPaused = false;
    this.#socket?.resume();
  }

  /** Ends it without a word. */
  leave(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#gathering);
    this.#socket?.destroy();
  }

  end(error: LanspreadError | undefined): void {
    if (this.#isOver) return;
    this.#handOn();
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

  /** For `onread.buffer`. */
  readonly #room = (): Uint8Array => this.#slots.room();

  /** For `onread.callback`. */
  readonly #received = (count: number): boolean => {
    if (this.#isOver) return false;
    this.#hasReceived = true;
    if (this.#slots.add(count)) this.#handOn();
    else this.#gathering ??= setTimeout(this.#handOnRest, gatherMs);
    this.#isPaused = this.#slots.isTight;
    return !this.#isPaused;
  };

  readonly #handOnRest = (): void => {
    if (!this.#isOver) this.#handOn();
  };

  #handOn(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    const place = this.#slots.handOn();
    if (place) this.#host.bytes(this.order, place);
  }
}
