import { eagerFileSystem, LanspreadError, toLanspreadError } from '../../../base/index.ts';
import type { LaneOffer, StreamEntry, StreamInstall } from '../../../protocol/index.ts';
import { pourBytes, receiveStream } from '../../../streamed/index.ts';
import type { ContentFile } from '../../../content/index.ts';
import { StreamConnection } from './stream-connection.ts';
import { StreamRoad } from './stream-road.ts';
import type { Credentials } from '../certificate.ts';

export interface StreamOrder {
  readonly streamId: number;
  readonly peerId: string;
  readonly request: StreamInstall;
}

/** Where the main thread wants the content; it has looked at every path. */
export interface PourOrder {
  readonly streamId: number;
  /** Absolute. */
  readonly folder: string;
  readonly files: readonly ContentFile[];
}

interface StreamHost {
  /** Of the wire, for the peer's account. */
  received(peerId: string, bytes: number): void;
  planned(streamId: number, plan: { readonly entries: readonly StreamEntry[]; readonly totalBytes: number }): void;
  /** So many bytes of content more are where they belong. */
  wrote(streamId: number, bytes: number): void;
  poured(streamId: number, hashes: { readonly own: readonly string[]; readonly sender: readonly string[] }): void;
  /** Once, last: nothing is written any more. */
  ended(streamId: number, error: LanspreadError | undefined): void;
}

/** Progress is told after this many bytes, or this many milliseconds after the last time. */
const tellEveryBytes = 4 * 1024 * 1024;
const tellEveryMs = 100;

interface Receiver {
  readonly order: StreamOrder;
  readonly stop: AbortController;
  readonly target: PromiseWithResolvers<PourOrder>;
  connection: StreamConnection | undefined;
}

/**
 * One worker's streams from other peers. What comes is decrypted, hashed and written in this thread while it is hot, as
 * blocks are; what it is and where it goes the main thread decides.
 */
export class StreamReceivers {
  readonly #credentials: Credentials;
  readonly #host: StreamHost;
  readonly #offers = new Map<string, LaneOffer>();
  readonly #receivers = new Map<number, Receiver>();

  constructor(credentials: Credentials, host: StreamHost) {
    this.#credentials = credentials;
    this.#host = host;
  }

  /** A peer's lane, or undefined to forget it. A new certificate ends what ran with the old one. */
  setOffer(peerId: string, offer: LaneOffer | undefined): void {
    const known = this.#offers.get(peerId);
    if (!offer) this.#offers.delete(peerId);
    else if (offer.addresses.length > 0 || offer.fingerprint !== known?.fingerprint) this.#offers.set(peerId, offer);
    if (!known || known.fingerprint === offer?.fingerprint) return;
    for (const { order, connection } of this.#receivers.values()) {
      if (order.peerId !== peerId) continue;
      connection?.end(new LanspreadError('PEER_GONE', { message: 'The connection to the other PC ended.' }));
    }
  }

  open(order: StreamOrder): void {
    const receiver: Receiver = {
      order,
      stop: new AbortController(),
      target: Promise.withResolvers<PourOrder>(),
      connection: undefined,
    };
    // It may be refused while the plan is still on its way.
    receiver.target.promise.catch(() => {});
    const { streamId } = order;
    this.#receivers.set(streamId, receiver);
    void this.#receive(receiver)
      .then(
        () => undefined,
        (error: unknown) => toLanspreadError(error),
      )
      .then((error) => {
        this.#receivers.delete(streamId);
        this.#host.ended(streamId, error);
      });
  }

  pour(order: PourOrder): void {
    this.#receivers.get(order.streamId)?.target.resolve(order);
  }

  leave(streamId: number): void {
    const receiver = this.#receivers.get(streamId);
    const left = new LanspreadError('CANCELLED');
    receiver?.target.reject(left);
    receiver?.stop.abort(left);
  }

  close(): void {
    for (const streamId of Array.from(this.#receivers.keys())) this.leave(streamId);
  }

  async #receive(receiver: Receiver): Promise<void> {
    const { order, stop } = receiver;
    const { streamId, peerId, request } = order;
    const { signal } = stop;
    const offer = this.#offers.get(peerId) ?? { addresses: [], fingerprint: '' };
    const road = new StreamRoad({
      signal,
      onRoom: () => receiver.connection?.resume(),
      onLeft: () => receiver.connection?.leave(),
    });
    receiver.connection = new StreamConnection(request, {
      peerId,
      offer,
      credentials: this.#credentials,
      host: {
        room: () => road.room(),
        arrived: (count) => {
          this.#host.received(peerId, count);
          return road.arrived(count);
        },
        ended: (error) => road.ended(error),
      },
    });
    await using stream = await receiveStream(road, { peerId, signal });
    const { entries, totalBytes } = stream;
    this.#host.planned(streamId, { entries, totalBytes });
    const { folder, files } = await receiver.target.promise;
    let untold = 0;
    let toldMs = performance.now();
    const own = await pourBytes(
      stream,
      { fileSystem: eagerFileSystem, folder, files },
      {
        signal,
        onBytes: (bytes) => {
          untold += bytes;
          const nowMs = performance.now();
          if (untold < tellEveryBytes && nowMs - toldMs < tellEveryMs) return;
          this.#host.wrote(streamId, untold);
          [untold, toldMs] = [0, nowMs];
        },
      },
    );
    this.#host.poured(streamId, { own, sender: stream.hashes });
  }
}
