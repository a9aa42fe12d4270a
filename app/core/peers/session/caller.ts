import type { Multiaddr } from '@multiformats/multiaddr';
import { LanspreadError, type Clock } from '../../base/index.ts';
import { concreteHosts } from '../connect/addresses.ts';
import { dialAddress, dialInTurn, isOwnAddress } from '../connect/dial.ts';
import type { Greeter } from './greeter.ts';
import type { StartedNode } from '../connect/node.ts';

export interface CallerOptions {
  started: StartedNode;
  ownPeerId: string;
  listenHosts: readonly string[];
  greeter: Greeter;
  clock: Clock;
}

/** Calls a peer: never this node itself, one address after the other, until one leads to a session. */
export class Caller {
  readonly #options: CallerOptions;

  constructor(options: CallerOptions) {
    this.#options = options;
  }

  /** Returns the peer id. Errors: see `PeerNetwork.connect`. */
  async call(addresses: readonly Multiaddr[], { signal }: { signal: AbortSignal }): Promise<string> {
    const { started, greeter, clock } = this.#options;
    const one = async (address: Multiaddr): Promise<string> => {
      this.#assertNotSelf(address);
      const connection = await dialAddress(started.node, address, { signal, clock });
      try {
        return await greeter.greet(connection, { signal });
      } catch (error) {
        connection.abort(new Error('no Hello'));
        throw error;
      }
    };
    return await dialInTurn(addresses, one, { signal });
  }

  #assertNotSelf(address: Multiaddr): void {
    const { listenHosts, ownPeerId, started } = this.#options;
    const hosts = concreteHosts(listenHosts);
    const listensOnAll = listenHosts.some((host) => host === '0.0.0.0' || host === '::');
    if (isOwnAddress(address, { peerId: ownPeerId, hosts, port: started.port, listensOnAll }))
      throw new LanspreadError('SELF_CONNECT', { details: { address: address.toString() } });
  }
}
