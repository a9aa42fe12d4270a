import type { Connection } from '@libp2p/interface';
import type { Multiaddr } from '@multiformats/multiaddr';
import { isAbort, LanspreadError, toLanspreadError, withTimeLimit, type Clock } from '../../base/index.ts';
import { endpointOf, peerIdOf } from './addresses.ts';
import { isLoopback } from './loopback.ts';
import type { LanNode } from './node.ts';

/** How long one address may take to answer, in milliseconds. */
export const dialLimitMs = 5_000;

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
 * A new connection to one address, even where there is one to the same peer. Errors: `SELF_CONNECT`,
 * `PEER_UNREACHABLE`, the signal's.
 */
export async function dialAddress(
  node: LanNode,
  address: Multiaddr,
  { signal, clock }: { signal: AbortSignal; clock: Clock },
): Promise<Connection> {
  const what = `dialling ${address.toString()}`;
  try {
    return await withTimeLimit({ limitMs: dialLimitMs, what, code: 'PEER_UNREACHABLE', signal, clock }, (limited) => {
      const dialling = node.dial(address, { signal: limited, force: true });
      // The transport may be done after nobody waits any more.
      dialling.then(
        (late) => limited.aborted && late.abort(new Error('dialled too late')),
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
  if (error instanceof AggregateError) return error.errors.some(isSelfDial);
  return error instanceof Error && error.name === 'InvalidPeerIdError';
}

/** Tries addresses in turn until one leads to a session. Throws the last error. */
export async function dialInTurn(
  addresses: readonly Multiaddr[],
  one: (address: Multiaddr) => Promise<string>,
  { signal }: { signal: AbortSignal },
): Promise<string> {
  let failure: unknown = new LanspreadError('PEER_UNREACHABLE');
  for (const address of addresses) {
    try {
      return await one(address);
    } catch (error) {
      failure = error;
      const { code } = toLanspreadError(error);
      if (signal.aborted || isAbort(error) || code === 'SELF_CONNECT' || code === 'INCOMPATIBLE_PEER') break;
    }
  }
  throw toLanspreadError(failure, 'PEER_UNREACHABLE');
}
