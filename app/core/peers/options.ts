import type { Clock, Logger } from '../base/index.ts';
import type { PeerRepository } from '../state/index.ts';
import type { Announcement, Discovery } from './discovery/types.ts';
import type { Identity } from './identity.ts';
import type { PeerNetworkHost } from './types.ts';

export interface PeerNetworkOptions {
  identity: Identity;
  name: string;
  /** IP addresses to listen on. */
  listenHosts: readonly string[];
  /** For UDP and TCP. Default: any that is free. */
  port?: number | undefined;
  /** Makes the discovery once the ports are known; none: only addresses given. */
  discovery?: (announcement: Announcement) => Discovery;
  /** See `PeerNetwork.setStaticPeers`. */
  staticPeers: readonly string[];
  knownPeers: PeerRepository;
  host: PeerNetworkHost;
  /** Of a closed room, 32 bytes; none: the room is open. */
  roomKey?: Uint8Array | undefined;
  clock?: Clock;
  logger: Logger;
  /** From 0 to below 1. */
  random?: () => number;
  /** Default: where the platform has it. */
  useQuic?: boolean;
}
