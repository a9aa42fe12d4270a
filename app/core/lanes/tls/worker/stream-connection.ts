import type { OnReadOpts } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { LanspreadError } from '../../../base/index.ts';
import { encodeFrame, limits, type LaneOffer, type StreamInstall } from '../../../protocol/index.ts';
import { normalizeFingerprint } from '../certificate.ts';
import { tlsOptions, type Credentials } from './tls-options.ts';

const connectLimitMs = 5_000;
const leastAttempts = 5;
const firstPauseMs = 50;

interface StreamConnectionHost {
  /** Where the next record goes. */
  room(): Uint8Array;
  /** It came. Whether more may come; `resume` once it may again. */
  arrived(count: number): boolean;
  /** Once, unless it is left. */
  ended(error: LanspreadError | undefined): void;
}

/** The receiving end of one stream: a connection of its own, tried again as long as not a byte came. */
export class StreamConnection {
  readonly #request: StreamInstall;
  readonly #offer: LaneOffer;
  readonly #credentials: Credentials;
  readonly #host: StreamConnectionHost;
  #socket: TLSSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #attempts = 0;
  #hasReceived = false;
  #isOver = false;

  constructor(
    request: StreamInstall,
    { offer, credentials, host }: { offer: LaneOffer; credentials: Credentials; host: StreamConnectionHost },
  ) {
    this.#request = request;
    this.#offer = offer;
    this.#credentials = credentials;
    this.#host = host;
    this.#dial();
  }

  resume(): void {
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
    this.leave();
    this.#host.ended(error);
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
      onread: { buffer: () => this.#host.room(), callback: (count) => this.#arrived(count) },
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
        socket.write(encodeFrame(this.#request, { maxBytes: limits.laneHeaderBytes }));
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

  #arrived(count: number): boolean {
    if (this.#isOver) return false;
    this.#hasReceived = true;
    return this.#host.arrived(count);
  }
}
