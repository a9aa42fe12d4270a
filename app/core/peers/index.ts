export { createDnsSdDiscovery, type DnsSdOptions } from './discovery/dns-sd.ts';
export type { Announcement, DiscoveredPeer, Discovery } from './discovery/types.ts';
export { loadIdentity, type Identity } from './identity.ts';
export { isLoopback } from './connect/addresses.ts';
export { createPeerNetwork } from './network.ts';
export type { PeerNetworkOptions } from './types.ts';
export { readRoomKey, roomKeyBytes } from './session/room.ts';
export type * from './types.ts';
export { withPeerStream } from './session/peer-request.ts';
