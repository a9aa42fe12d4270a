import type { Connection } from '@libp2p/interface';
import type { Multiaddr } from '@multiformats/multiaddr';
import { firstAnswer, LanspreadError, toLanspreadError, type Clock } from '../../base/index.ts';
import { concreteHosts } from '../connect/addresses.ts';
import { dialAddress, inTurns, isFinal, isOwnAddress } from '../connect/dial.ts';
import type { Greeter } from './greeter.ts';
import type { StartedNode } from '../connect/node.ts';

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
