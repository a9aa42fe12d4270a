import { LanspreadError } from '../../../base/index.ts';
import type { LaneOffer } from '../../../protocol/index.ts';
import { limits } from '../../../protocol/index.ts';
import { ClientConnection, type WorkerFetch } from './client-connection.ts';
import type { Credentials } from './tls-options.ts';

const connectionsPerPeer = 2;
const leastAttempts = 5;
const firstPauseMs = 50;

interface PeerClient {
  offer: LaneOffer;
  readonly connections: Set<ClientConnection>;
  readonly queue: WorkerFetch[];
  /** Fetches that pause before they are tried again. */
  readonly pausing: Map<WorkerFetch, NodeJS.Timeout>;
  /** Counts connection attempts, so that each takes the next address. */
  dials: number;
}

/** One worker's connections to other peers' lanes: few per peer, up to two requests in flight on each. */
export class ClientPool {
  readonly #credentials: Credentials;
  readonly #firstDial: number;
  readonly #peers = new Map<string, PeerClient>();

  constructor(
    credentials: Credentials,
    { firstDial }: { /** Spreads workers over a peer's ports. */ firstDial: number },
  ) {
    this.#credentials = credentials;
    this.#firstDial = firstDial;
  }

  /** A peer's lane, or undefined to forget it. A new certificate ends what ran with the old one. */
  setOffer(peerId: string, offer: LaneOffer | undefined): void {
    const known = this.#peers.get(peerId);
    if (known && offer?.fingerprint === known.offer.fingerprint) {
      if (offer.addresses.length > 0) known.offer = offer;
      return;
    }
    this.#peers.delete(peerId);
    if (known) this.#end(known, new LanspreadError('PEER_GONE', { message: 'The session with the peer ended.' }));
    if (!offer) return;
    this.#peers.set(peerId, {
      offer,
      connections: new Set(),
      queue: [],
      pausing: new Map(),
      dials: this.#firstDial,
    });
  }

  fetch(fetch: WorkerFetch): void {
    const peer = this.#peers.get(fetch.order.peerId);
    if (!peer || peer.offer.addresses.length === 0) {
      fetch.settle(new LanspreadError('PEER_UNREACHABLE', { message: 'The peer told no byte lane.' }));
      return;
    }
    peer.queue.push(fetch);
    this.#dispatch(fetch.order.peerId);
  }

  beCareful(fetchId: number): void {
    for (const { connections } of this.#peers.values())
      for (const connection of connections) connection.beCareful(fetchId);
  }

  abort(fetchId: number): void {
    for (const { connections, queue, pausing } of this.#peers.values()) {
      for (const connection of Array.from(connections)) if (connection.abort(fetchId)) return;
      const place = queue.findIndex(({ order }) => order.id === fetchId);
      const [queued] = place < 0 ? [] : queue.splice(place, 1);
      const paused = Array.from(pausing.keys()).find(({ order }) => order.id === fetchId);
      if (paused) {
        clearTimeout(pausing.get(paused));
        pausing.delete(paused);
      }
      (queued ?? paused)?.settle(new LanspreadError('CANCELLED'));
      if (queued || paused) return;
    }
  }

  check(nowMs: number): void {
    for (const { connections } of this.#peers.values()) {
      for (const connection of Array.from(connections)) connection.check(nowMs);
    }
  }

  close(): void {
    for (const peer of this.#peers.values()) this.#end(peer, new LanspreadError('CANCELLED'));
    this.#peers.clear();
  }

  #end(peer: PeerClient, error: LanspreadError): void {
    for (const timer of peer.pausing.values()) clearTimeout(timer);
    const waiting = [...peer.queue.splice(0), ...peer.pausing.keys()];
    peer.pausing.clear();
    for (const connection of Array.from(peer.connections)) connection.close(error);
    for (const fetch of waiting) fetch.settle(error);
  }

  #dispatch(peerId: string): void {
    const peer = this.#peers.get(peerId);
    while (peer) {
      const fetch = peer.queue[0];
      const connection = fetch && (this.#freest(peer) ?? this.#dial(peerId, peer));
      if (!connection) return;
      peer.queue.shift();
      connection.send(fetch);
    }
  }

  #freest({ connections }: PeerClient): ClientConnection | undefined {
    let best: ClientConnection | undefined;
    for (const connection of connections) {
      if (connection.requestsInFlight >= limits.laneRequestsInFlight) continue;
      if (!best || connection.requestsInFlight < best.requestsInFlight) best = connection;
    }
    return best;
  }

  #dial(peerId: string, peer: PeerClient): ClientConnection | undefined {
    if (peer.connections.size >= connectionsPerPeer) return undefined;
    const { addresses, fingerprint } = peer.offer;
    const address = addresses[peer.dials % addresses.length];
    if (!address) return undefined;
    peer.dials += 1;
    const connection = new ClientConnection({
      address,
      fingerprint,
      credentials: this.#credentials,
      host: {
        ready: () => this.#dispatch(peerId),
        closed: (gone, untouched, error) => {
          peer.connections.delete(gone);
          for (const fetch of untouched) this.#again(fetch, error);
          this.#dispatch(peerId);
        },
      },
    });
    peer.connections.add(connection);
    return connection;
  }

  /**
   * A connection that ended before the answer began: the peer may not know our certificate yet, may have closed an idle
   * connection at the wrong moment, or sits at another of its addresses.
   */
  #again(fetch: WorkerFetch, error: LanspreadError): void {
    const peer = this.#peers.get(fetch.order.peerId);
    if (error.code !== 'CANCELLED') fetch.attempts += 1;
    if (!peer || fetch.attempts >= Math.max(leastAttempts, peer.offer.addresses.length + 1)) {
      fetch.settle(error);
      return;
    }
    const pauseMs = fetch.attempts === 0 ? 0 : firstPauseMs * 2 ** (fetch.attempts - 1);
    const timer = setTimeout(() => {
      peer.pausing.delete(fetch);
      this.fetch(fetch);
    }, pauseMs);
    peer.pausing.set(fetch, timer);
  }
}
