import { LanspreadError } from '../../base/index.ts';
import type { LaneOffer } from '../../protocol/index.ts';
import { StreamClient, type StreamClientHost } from './stream-client.ts';
import type { StreamOrder } from './stream-slots.ts';
import type { Credentials } from './tls-options.ts';

/** One worker's streams from other peers. */
export class StreamClients {
  readonly #credentials: Credentials;
  readonly #host: StreamClientHost;
  readonly #offers = new Map<string, LaneOffer>();
  readonly #clients = new Map<number, StreamClient>();

  constructor(credentials: Credentials, host: StreamClientHost) {
    this.#credentials = credentials;
    this.#host = host;
  }

  /** A peer's lane, or undefined to forget it. A new certificate ends what ran with the old one. */
  setOffer(peerId: string, offer: LaneOffer | undefined): void {
    const known = this.#offers.get(peerId);
    if (!offer) this.#offers.delete(peerId);
    else if (offer.addresses.length > 0 || offer.fingerprint !== known?.fingerprint) this.#offers.set(peerId, offer);
    if (!known || known.fingerprint === offer?.fingerprint) return;
    for (const client of Array.from(this.#clients.values())) {
      if (client.order.peerId !== peerId) continue;
      client.end(new LanspreadError('PEER_GONE', { message: 'The session with the peer ended.' }));
    }
  }

  open(order: StreamOrder): void {
    const { streamId, peerId } = order;
    const offer = this.#offers.get(peerId) ?? { addresses: [], fingerprint: '' };
    const host: StreamClientHost = {
      bytes: (of, place) => this.#host.bytes(of, place),
      ended: (of, error) => {
        this.#clients.delete(of.streamId);
        this.#host.ended(of, error);
      },
    };
    this.#clients.set(streamId, new StreamClient(order, { offer, credentials: this.#credentials, host }));
  }

  taken(streamId: number, slot: number): void {
    this.#clients.get(streamId)?.taken(slot);
  }

  leave(streamId: number): void {
    this.#clients.get(streamId)?.leave();
    this.#clients.delete(streamId);
  }

  close(): void {
    for (const client of Array.from(this.#clients.values())) client.end(new LanspreadError('CANCELLED'));
  }
}
