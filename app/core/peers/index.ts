export { createDnsSdDiscovery, type DnsSdOptions } from './discovery/dns-sd.ts';
export { MemoryDiscovery, MemoryLan } from './discovery/memory.ts';
export type { Announcement, DiscoveredPeer, Discovery } from './discovery/types.ts';
export { loadIdentity, type Identity } from './identity.ts';
export { isLoopback } from './loopback.ts';
export { mergeOffers, type MergedOffers, type Offer } from './merged-view.ts';
export { createPeerNetwork } from './network.ts';
export type { PeerNetworkOptions } from './options.ts';
export type * from './types.ts';
