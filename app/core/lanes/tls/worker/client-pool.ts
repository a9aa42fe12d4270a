import { backoffMs, LanspreadError, systemClock, toLanspreadError } from '../../../base/index.ts';
import { limits, type LaneOffer } from '../../../protocol/index.ts';
import { BlockReader, ClientConnection, type ClientConnectionHost, type WorkerFetch } from './client-connection.ts';
import { dialLane } from './lane-dial.ts';
import type { Credentials } from '../certificate.ts';

const connectionsPerPeer = 2;
const leastAttempts = 5;
const firstPauseMs = 50;

interface PeerClient {
  offer: LaneOffer;
  readonly connections: Set<ClientConnection>;
  readonly queue: WorkerFetch[];
  /** Fetches that pause before they are tried again. */
  readonly pausing: Map<WorkerFetch, NodeJS.Timeout>;
  /** Counts dials, so that each begins with the next port. */
  dials: number;
  /** Connections that are being made. */
  dialling: number;
  /** Whether content ever came from this lane. */
  hasDelivered: boolean;
  readonly gone: AbortController;
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
    if (known) this.#end(known, new LanspreadError('PEER_GONE', { message: 'The connection to the other PC ended.' }));
    if (!offer) return;
    this.#peers.set(peerId, {
      offer,
      connections: new Set(),
      queue: [],
      pausing: new Map(),
      dials: this.#firstDial,
      dialling: 0,
      hasDelivered: false,
      gone: new AbortController(),
    });
  }

  fetch(fetch: WorkerFetch): void {
    const peer = this.#peers.get(fetch.order.peerId);
    if (!peer || peer.offer.addresses.length === 0) {
      fetch.settle(new LanspreadError('PEER_UNREACHABLE', { message: 'The other PC offers no direct connection.' }));
      return;
    }
    peer.queue.push(fetch);
    this.#dispatch(fetch.order.peerId);
  }

  beCareful(fetchId: number): void {
    for (const { connections, queue, pausing } of this.#peers.values()) {
      for (const connection of connections) connection.beCareful(fetchId);
      for (const fetch of [...queue, ...pausing.keys()]) if (fetch.order.id === fetchId) fetch.isCareful = true;
    }
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
    peer.gone.abort(error);
    const waiting = takeWaiting(peer);
    for (const connection of Array.from(peer.connections)) connection.close(error);
    for (const fetch of waiting) fetch.settle(error);
  }

  #dispatch(peerId: string): void {
    const peer = this.#peers.get(peerId);
    for (let fetch = peer?.queue[0]; peer && fetch; fetch = peer.queue[0]) {
      const connection = this.#freest(peer);
      if (!connection) return this.#dialMore(peerId, peer);
      peer.queue.shift();
      connection.send(fetch);
    }
  }

  /** As many connections as those who wait could use. */
  #dialMore(peerId: string, peer: PeerClient): void {
    const wanted = Math.ceil(peer.queue.length / limits.laneRequestsInFlight);
    while (peer.dialling < wanted && peer.connections.size + peer.dialling < connectionsPerPeer)
      void this.#dial(peerId, peer);
  }

  #freest({ connections }: PeerClient): ClientConnection | undefined {
    let best: ClientConnection | undefined;
    for (const connection of connections) {
      if (connection.requestsInFlight >= limits.laneRequestsInFlight) continue;
      if (!best || connection.requestsInFlight < best.requestsInFlight) best = connection;
    }
    return best;
  }

  /** Never throws. */
  async #dial(peerId: string, peer: PeerClient): Promise<void> {
    peer.dialling += 1;
    peer.dials += 1;
    let failure: LanspreadError | undefined;
    try {
      const { socket, reader } = await dialLane(peerId, peer.offer, {
        credentials: this.#credentials,
        firstDial: peer.dials - 1,
        makeReader: () => new BlockReader(),
        signal: peer.gone.signal,
        clock: systemClock,
      });
      peer.connections.add(new ClientConnection(socket, { reader, host: this.#hostOf(peerId, peer) }));
    } catch (error) {
      failure = toLanspreadError(error, 'PEER_UNREACHABLE');
    }
    peer.dialling -= 1;
    // Waiting fetches fail now, so that they can take another lane.
    if (failure && peer.connections.size === 0) for (const fetch of takeWaiting(peer)) fetch.settle(failure);
    this.#dispatch(peerId);
  }

  #hostOf(peerId: string, peer: PeerClient): ClientConnectionHost {
    return {
      get hasDelivered() {
        return peer.hasDelivered;
      },
      delivered: () => void (peer.hasDelivered = true),
      ready: () => this.#dispatch(peerId),
      closed: (gone, untouched, error) => {
        peer.connections.delete(gone);
        const isBlocked = error.code === 'PEER_TIMEOUT' && !peer.hasDelivered;
        if (isBlocked) for (const fetch of [...untouched, ...takeWaiting(peer)]) fetch.settle(error);
        else for (const fetch of untouched) this.#again(fetch, error);
        this.#dispatch(peerId);
      },
    };
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
    const pauseMs = backoffMs(fetch.attempts, { firstMs: firstPauseMs });
    const timer = setTimeout(() => {
      peer.pausing.delete(fetch);
      this.fetch(fetch);
    }, pauseMs);
    peer.pausing.set(fetch, timer);
  }
}

/** Takes away the fetches that no connection has yet. */
function takeWaiting({ queue, pausing }: PeerClient): WorkerFetch[] {
  for (const timer of pausing.values()) clearTimeout(timer);
  const waiting = [...queue.splice(0), ...pausing.keys()];
  pausing.clear();
  return waiting;
}
