import type { Connection, Stream } from '@libp2p/interface';
import {
  anySignal,
  isAbort,
  LanspreadError,
  toLanspreadError,
  withTimeLimit,
  type Clock,
  type Logger,
} from '../../base/index.ts';
import { limits } from '../../protocol/index.ts';
import type { LanNode } from '../connect/node.ts';
import { LibP2pStream } from './peer-stream.ts';

export type RawHandler = (stream: LibP2pStream, connection: Connection) => Promise<void>;

interface StreamHostOptions {
  node: LanNode;
  clock: Clock;
  logger: Logger;
  /** Ends every stream. */
  signal: AbortSignal;
}

/** How long opening a stream may take, in milliseconds. */
const openLimitMs = 5_000;

/** Opens and accepts streams: coded errors, a limit for each peer over all protocols, and nothing thrown outwards. */
export class StreamHost {
  readonly #options: StreamHostOptions;
  /** Streams that came in and are not over, by peer id. */
  readonly #inbound = new Map<string, number>();

  constructor(options: StreamHostOptions) {
    this.#options = options;
  }

  async serve(protocol: string, handler: RawHandler): Promise<void> {
    await this.#options.node.handle(
      protocol,
      (raw: Stream, connection: Connection) => {
        void this.#run(raw, connection, handler);
      },
      // libp2p counts by protocol and connection; the limit that matters is counted here, by peer.
      { maxInboundStreams: limits.streamsPerPeer + 1, maxOutboundStreams: limits.streamsPerPeer + 1 },
    );
  }

  async unserve(protocol: string): Promise<void> {
    await this.#options.node.unhandle(protocol);
  }

  /** Errors: `PEER_GONE`, `PEER_TIMEOUT`, `NOT_SERVED` when the peer does not know the protocol, the signal's. */
  async open(
    connection: Connection,
    protocol: string,
    { signal, onClosed }: { signal?: AbortSignal | undefined; onClosed?: () => void } = {},
  ): Promise<LibP2pStream> {
    const { clock, signal: stopping } = this.#options;
    const peerId = connection.remotePeer.toString();
    const ending = anySignal(stopping, signal);
    const limit = { limitMs: openLimitMs, what: `opening ${protocol}`, signal: ending, clock };
    let opening: Promise<Stream> | undefined;
    try {
      const raw = await withTimeLimit(limit, (limited) => {
        opening = connection.newStream(protocol, { signal: limited, maxOutboundStreams: limits.streamsPerPeer + 1 });
        return opening;
      });
      return new LibP2pStream(raw, { peerId, signal: ending, clock, ...(onClosed && { onClosed }) });
    } catch (error) {
      opening?.then(
        (late) => late.abort(new Error('opened too late')),
        () => undefined,
      );
      if (error instanceof LanspreadError) throw error;
      const isUnknown = error instanceof Error && error.name === 'UnsupportedProtocolError';
      throw new LanspreadError(isUnknown ? 'NOT_SERVED' : 'PEER_GONE', { details: { peerId, protocol }, cause: error });
    }
  }

  async #run(raw: Stream, connection: Connection, handler: RawHandler): Promise<void> {
    const { clock, logger, signal } = this.#options;
    const peerId = connection.remotePeer.toString();
    const count = this.#inbound.get(peerId) ?? 0;
    if (count >= limits.streamsPerPeer) {
      logger.warn({ code: 'TOO_MANY_REQUESTS', peerId, protocol: raw.protocol }, 'a peer opened too many streams');
      raw.abort(new LanspreadError('TOO_MANY_REQUESTS'));
      return;
    }
    this.#inbound.set(peerId, count + 1);
    const stream = new LibP2pStream(raw, { peerId, signal, clock, onClosed: () => this.#release(peerId) });
    try {
      await handler(stream, connection);
    } catch (error) {
      const coded = toLanspreadError(error);
      const facts = { code: coded.code, peerId, protocol: raw.protocol, err: error };
      if (isAbort(coded) || coded.code === 'PEER_GONE') logger.debug(facts, 'a stream ended early');
      else logger.warn(facts, 'a stream was closed because of an error');
      stream.abort(coded);
      return;
    }
    await stream.finish();
  }

  #release(peerId: string): void {
    const left = (this.#inbound.get(peerId) ?? 1) - 1;
    if (left > 0) this.#inbound.set(peerId, left);
    else this.#inbound.delete(peerId);
  }
}
