import type { TLSSocket } from 'node:tls';
import { backoffMs, LanspreadError, sleep, systemClock, toLanspreadError } from '../../../base/index.ts';
import { encodeFrame, limits, type LaneOffer, type StreamInstall } from '../../../protocol/index.ts';
import { dialLane } from './lane-dial.ts';
import type { Credentials } from '../certificate.ts';

/** Connections that end before a byte came: the peer may not know our certificate yet. */
const mostAttempts = 5;
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
  readonly #peerId: string;
  readonly #offer: LaneOffer;
  readonly #credentials: Credentials;
  readonly #host: StreamConnectionHost;
  readonly #left = new AbortController();
  #socket: TLSSocket | undefined;
  #hasReceived = false;
  #isOver = false;

  constructor(
    request: StreamInstall,
    {
      peerId,
      offer,
      credentials,
      host,
    }: { peerId: string; offer: LaneOffer; credentials: Credentials; host: StreamConnectionHost },
  ) {
    this.#request = request;
    this.#peerId = peerId;
    this.#offer = offer;
    this.#credentials = credentials;
    this.#host = host;
    void this.#run();
  }

  resume(): void {
    this.#socket?.resume();
  }

  /** Ends it without a word. */
  leave(): void {
    this.#isOver = true;
    this.#left.abort();
    this.#socket?.destroy();
  }

  end(error: LanspreadError | undefined): void {
    if (this.#isOver) return;
    this.leave();
    this.#host.ended(error);
  }

  /** Never throws. */
  async #run(): Promise<void> {
    const { signal } = this.#left;
    try {
      for (let attempt = 0; ; attempt += 1) {
        const cause = await this.#receive(attempt);
        if (this.#hasReceived)
          return this.end(cause === undefined ? undefined : new LanspreadError('PEER_GONE', { cause }));
        if (attempt + 1 >= mostAttempts) throw new LanspreadError('PEER_UNREACHABLE', { cause });
        await sleep(backoffMs(attempt + 1, { firstMs: firstPauseMs }), { signal });
      }
    } catch (error) {
      this.end(toLanspreadError(error, 'PEER_UNREACHABLE'));
    }
  }

  /** Asks over a new connection. Resolves with what ended it, or undefined when it ended well. */
  async #receive(attempt: number): Promise<unknown> {
    const { socket } = await dialLane(this.#peerId, this.#offer, {
      credentials: this.#credentials,
      firstDial: attempt,
      makeReader: () => ({
        onread: { buffer: () => this.#host.room(), callback: (count: number) => this.#arrived(count) },
      }),
      signal: this.#left.signal,
      clock: systemClock,
    });
    this.#socket = socket;
    const { promise: closed, resolve } = Promise.withResolvers<unknown>();
    let failure: unknown;
    socket.on('error', (error) => (failure ??= error));
    socket.once('close', () => resolve(failure));
    socket.write(encodeFrame(this.#request, { maxBytes: limits.laneHeaderBytes }));
    return await closed;
  }

  #arrived(count: number): boolean {
    if (this.#isOver) return false;
    this.#hasReceived = true;
    return this.#host.arrived(count);
  }
}
