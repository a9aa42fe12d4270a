export { createDnsSdDiscovery, type DnsSdOptions } from './discovery/dns-sd.ts';
export type { Announcement, DiscoveredPeer, Discovery } from './discovery/types.ts';
export { loadIdentity, type Identity } from './identity.ts';
export { isLoopback } from './connect/loopback.ts';
export { createPeerNetwork } from './network.ts';
export type { PeerNetworkOptions } from './options.ts';
export { readRoomKey, roomKeyBytes } from './session/room-key.ts';
export type * from './types.ts';
export { withPeerStream } from './session/peer-request.ts';
