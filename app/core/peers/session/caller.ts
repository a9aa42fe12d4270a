import type { Connection } from '@libp2p/interface';
import type { Multiaddr } from '@multiformats/multiaddr';
import {
  type Clock,
  type ErrorCode,
  firstAnswer,
  LanspreadError,
  toLanspreadError,
  withTimeLimit,
} from '../../base/index.ts';
import { concreteHosts, endpointOf, isLoopback, peerIdOf } from '../connect/addresses.ts';
import type { Greeter } from './greeter.ts';
import { dialLimitMs, type LanNode, type StartedNode } from '../connect/node.ts';

interface CallerOptions {
  started: StartedNode;
  ownPeerId: string;
  listenHosts: readonly string[];
  greeter: Greeter;
  clock: Clock;
}

/** Calls a peer by the first of its addresses that answers and leads to a session. Never calls this node itself. */
export class Caller {
  readonly #options: CallerOptions;

  constructor(options: CallerOptions) {
    this.#options = options;
  }

  /** Returns the peer id. Errors: see `PeerNetwork.connect`. */
  async call(addresses: readonly Multiaddr[], { signal }: { signal: AbortSignal }): Promise<string> {
    const { greeter, clock } = this.#options;
    let left = inTurns(addresses);
    for (;;) {
      const { address, answer, failed } = await firstAnswer(left, {
        dial: (one, dialling) => this.#dial(one, dialling),
        discard: (late) => late.abort(new Error('another address was faster')),
        isFinal,
        signal,
        clock,
      });
      try {
        return await greeter.greet(answer, { signal });
      } catch (error) {
        answer.abort(new Error('no Hello'));
        left = left.filter((one) => one !== address && !failed.has(one));
        if (left.length === 0 || signal.aborted || isFinal(error)) throw toLanspreadError(error, 'PEER_UNREACHABLE');
      }
    }
  }

  async #dial(address: Multiaddr, { signal }: { signal: AbortSignal }): Promise<Connection> {
    const { started, clock } = this.#options;
    this.#assertNotSelf(address);
    return await dialAddress(started.node, address, { signal, clock });
  }

  #assertNotSelf(address: Multiaddr): void {
    const { listenHosts, ownPeerId, started } = this.#options;
    const hosts = concreteHosts(listenHosts);
    const listensOnAll = listenHosts.some((host) => host === '0.0.0.0' || host === '::');
    if (isOwnAddress(address, { peerId: ownPeerId, hosts, port: started.port, listensOnAll }))
      throw new LanspreadError('SELF_CONNECT', { details: { address: address.toString() } });
  }
}

/** No other address of the same peer would help. */
const finalCodes: ReadonlySet<ErrorCode> = new Set([
  'SELF_CONNECT',
  'INCOMPATIBLE_PEER',
  'ROOM_CLOSED',
  'CANCELLED',
  'SHUTTING_DOWN',
]);

/** Whether dialling another address of the same peer is of no use after this error. */
function isFinal(error: unknown): boolean {
  return finalCodes.has(toLanspreadError(error, 'PEER_UNREACHABLE').code);
}

/** Whether an address is one where this node itself listens. Pure. */
export function isOwnAddress(
  address: Multiaddr,
  own: { peerId: string; hosts: readonly string[]; port: number; listensOnAll: boolean },
): boolean {
  const named = peerIdOf(address);
  if (named !== undefined) return named === own.peerId;
  const endpoint = endpointOf(address);
  if (endpoint?.port !== own.port) return false;
  return own.hosts.includes(endpoint.host) || (own.listensOnAll && isLoopback(endpoint.host));
}

/**
 * A new connection to one address, even where there is one to the same peer. It passes libp2p's dial queue by: there a
 * dial joins the one to the same peer that is under way, so one dead address would block all others. Errors:
 * `SELF_CONNECT`, `PEER_UNREACHABLE`, the signal's.
 */
async function dialAddress(
  node: LanNode,
  address: Multiaddr,
  { signal, clock }: { signal: AbortSignal; clock: Clock },
): Promise<Connection> {
  const what = `dialling ${address.toString()}`;
  try {
    return await withTimeLimit({ limitMs: dialLimitMs, what, code: 'PEER_UNREACHABLE', signal, clock }, (limited) => {
      // A TCP connection ends with the signal that it was dialled with, so that one is its own.
      const handshake = new AbortController();
      const onAbort = (): void => handshake.abort(limited.reason);
      limited.addEventListener('abort', onAbort, { once: true });
      const dialling = node.services.transports.dial(address, { signal: handshake.signal });
      dialling.then(
        (connection) => {
          limited.removeEventListener('abort', onAbort);
          // The transport may be done after nobody waits any more.
          if (limited.aborted) connection.abort(new Error('dialled too late'));
        },
        () => undefined,
      );
      return dialling;
    });
  } catch (error) {
    if (error instanceof LanspreadError) throw error;
    if (isSelfDial(error)) throw new LanspreadError('SELF_CONNECT', { details: { address: address.toString() } });
    throw new LanspreadError('PEER_UNREACHABLE', {
      message: `${address.toString()} does not answer.`,
      details: { address: address.toString() },
      cause: error,
    });
  }
}

/** libp2p finds out who answers during the handshake. */
function isSelfDial(error: unknown): boolean {
  return error instanceof Error && error.name === 'InvalidPeerIdError';
}

/** The order of dialling: UDP and TCP take turns, so that a firewall that drops one of them costs one step. Pure. */
export function inTurns(addresses: readonly Multiaddr[]): Multiaddr[] {
  const isUdp = (address: Multiaddr): boolean => endpointOf(address)?.protocol === 'udp';
  const udp = addresses.filter(isUdp);
  const others = addresses.filter((address) => !isUdp(address));
  const turns = Array.from({ length: Math.max(udp.length, others.length) }, (_, turn) => [udp[turn], others[turn]]);
  return turns.flat().filter((address) => address !== undefined);
}
