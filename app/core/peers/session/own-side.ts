import { randomUUID } from 'node:crypto';
import { PROTOCOL_VERSION, peersFeature, playingFeature, type Hello, type Playing } from '../../protocol/index.ts';
import { concreteHosts, ownAddresses } from '../connect/addresses.ts';
import type { Announcement } from '../discovery/types.ts';
import type { StartedNode } from '../connect/node.ts';
import type { PeerNetworkOptions } from '../types.ts';

/** What this node tells about itself: to the network when it announces itself, to a peer in Hello. */
export class OwnSide {
  name: string;
  /** Undefined while nothing was told in this run. */
  playing: Playing | undefined;
  readonly #options: Pick<PeerNetworkOptions, 'identity' | 'listenHosts' | 'host' | 'roomKey'>;
  readonly #started: Pick<StartedNode, 'port' | 'transports'>;
  /** Tells this run of the program from an earlier one of the same identity. */
  readonly #instance = randomUUID();

  constructor(
    options: Pick<PeerNetworkOptions, 'identity' | 'listenHosts' | 'host' | 'name' | 'roomKey'>,
    started: Pick<StartedNode, 'port' | 'transports'>,
  ) {
    this.name = options.name;
    this.#options = options;
    this.#started = started;
  }

  /** Multiaddrs, with the peer id, where it can be dialled now. */
  addresses(): readonly string[] {
    const { identity, listenHosts } = this.#options;
    const { port, transports } = this.#started;
    return ownAddresses(identity.peerId, { hosts: concreteHosts(listenHosts), port, transports });
  }

  /** What everybody on the network reads: a closed room tells strangers no names. */
  get announcedName(): string {
    return this.#options.roomKey ? '' : this.name;
  }

  announcement(): Announcement {
    const { peerId } = this.#options.identity;
    const { port, transports } = this.#started;
    const announced = { peerId, name: this.announcedName, protocolVersion: PROTOCOL_VERSION, tcpPort: port };
    return { ...announced, ...(transports.includes('quic') && { quicPort: port }) };
  }

  hello(): Hello {
    const { host } = this.#options;
    const lane = host.lane();
    return {
      protocol: PROTOCOL_VERSION,
      instance: this.#instance,
      name: this.name,
      addresses: [...this.addresses()],
      ...(lane && { lane }),
      features: [playingFeature, peersFeature],
      ...(this.playing && { playing: this.playing }),
      library: host.library(),
    };
  }
}
