import type { Connection, MultiaddrConnection } from '@libp2p/interface';
import type { Multiaddr } from '@multiformats/multiaddr';
import type { Clock, IDisposable, Logger } from '../../base/index.ts';
import { limits } from '../../protocol/index.ts';
import { endpointOf } from './addresses.ts';

interface HandshakeGateOptions {
  clock: Clock;
  logger: Logger;
  /** Strangers at a time from one address. */
  perAddress?: number;
  /** How long a connection may stay without a session, in milliseconds. */
  strangerLimitMs?: number;
}

/** Long enough for a connection's own handshake and a Hello. */
const defaultStrangerLimitMs = 20_000;

/**
 * Connections that came in and have no session yet are strangers. Only a few are let in at a time from one address,
 * and none stays for long.
 */
export class HandshakeGate implements IDisposable {
  readonly #options: Required<HandshakeGateOptions>;
  /** By host: the strangers' endpoints. */
  readonly #strangers = new Map<string, Map<string, IDisposable | undefined>>();

  constructor(options: HandshakeGateOptions) {
    this.#options = { perAddress: limits.handshakesPerAddress, strangerLimitMs: defaultStrangerLimitMs, ...options };
  }

  /** Whether a connection that just came in is refused. */
  refuses(incoming: MultiaddrConnection): boolean {
    const place = placeOf(incoming.remoteAddr);
    if (!place) return false;
    const fromHost = this.#strangers.get(place.host) ?? new Map<string, IDisposable | undefined>();
    if (fromHost.size >= this.#options.perAddress) {
      this.#options.logger.warn(
        { code: 'TOO_MANY_REQUESTS', address: place.host },
        'too many unfinished handshakes from one address; a connection was refused',
      );
      return true;
    }
    fromHost.set(place.key, undefined);
    this.#strangers.set(place.host, fromHost);
    incoming.addEventListener('close', () => this.#forget(incoming.remoteAddr), { once: true });
    return false;
  }

  /** The connection is authenticated and encrypted; now it has to say Hello. */
  opened(connection: Connection): void {
    const place = connection.direction === 'inbound' ? placeOf(connection.remoteAddr) : undefined;
    const fromHost = place && this.#strangers.get(place.host);
    if (!place || !fromHost?.has(place.key)) return;
    const { clock, logger, strangerLimitMs } = this.#options;
    const limit = clock.timeout(
      () => {
        const peerId = connection.remotePeer.toString();
        logger.warn({ code: 'PEER_TIMEOUT', peerId, address: place.host }, 'a connection never said Hello');
        connection.abort(new Error('no Hello'));
      },
      strangerLimitMs,
      { background: true },
    );
    fromHost.set(place.key, limit);
  }

  /** The connection belongs to a session. */
  settled(connection: Connection): void {
    this.#forget(connection.remoteAddr);
  }

  [Symbol.dispose](): void {
    for (const fromHost of this.#strangers.values()) for (const limit of fromHost.values()) limit?.[Symbol.dispose]();
    this.#strangers.clear();
  }

  #forget(address: Multiaddr): void {
    const place = placeOf(address);
    const fromHost = place && this.#strangers.get(place.host);
    if (!place || !fromHost) return;
    fromHost.get(place.key)?.[Symbol.dispose]();
    fromHost.delete(place.key);
    if (fromHost.size === 0) this.#strangers.delete(place.host);
  }
}

/** An inbound connection is known by its remote endpoint: no two share one. */
function placeOf(address: Multiaddr): { host: string; key: string } | undefined {
  const endpoint = endpointOf(address);
  return endpoint && { host: endpoint.host, key: `${endpoint.protocol} ${endpoint.port}` };
}
