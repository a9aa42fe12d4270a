import type { Event } from '../../base/index.ts';

/** What a node tells the network about itself. */
export interface Announcement {
  readonly peerId: string;
  /** A label for people; may be empty. Cut to 63 bytes of UTF-8 on the wire. */
  readonly name: string;
  readonly protocolVersion: number;
  /** The UDP port of the control plane over QUIC; absent where QUIC is. */
  readonly quicPort?: number | undefined;
  /** The TCP port of the control plane. */
  readonly tcpPort?: number | undefined;
}

/** What may change while announcing; a key that is left out keeps its value. */
export type AnnouncementUpdate = Partial<Pick<Announcement, 'name' | 'quicPort' | 'tcpPort'>>;

export type AddressFamily = 'IPv4' | 'IPv6';

/** How an address was learnt. */
export type LearntBy = 'mdns' | 'broadcast' | 'static';

/** An address where a peer says it can be dialled. Unproven until the handshake. */
export interface DiscoveredAddress {
  /** The own interface on which the peer was heard; empty for a static host, whose interface the routing table chooses. */
  readonly interfaceName: string;
  readonly family: AddressFamily;
  /** Without brackets; a link-local IPv6 address carries its scope: `fe80::1%eth0`. */
  readonly address: string;
  /** The peer's UDP port for QUIC. */
  readonly udpPort?: number | undefined;
  /** The peer's TCP port. */
  readonly tcpPort?: number | undefined;
  readonly learntBy: LearntBy;
}

/** A peer as it presents itself. Everything in it can be forged: only the handshake proves an identity. */
export interface DiscoveredPeer {
  readonly peerId: string;
  readonly name: string;
  /** The peer's protocol version. Never dial another version than the own. */
  readonly protocol: number;
  /** At least one; the best ones first: multicast before broadcast before static, IPv4 before IPv6. */
  readonly addresses: readonly DiscoveredAddress[];
}

/**
 * Why a peer is no longer known. A hint in every case (a goodbye can be forged): a session that lives is not ended by it.
 * `stopped`: the own discovery was stopped.
 */
export type DiscoveryLostReason = 'goodbye' | 'expired' | 'interface-down' | 'stopped';

/** An own interface on which discovery works, one entry for each address family. */
export interface DiscoveryInterface {
  readonly name: string;
  readonly family: AddressFamily;
  readonly address: string;
  /**
   * `full`: announces and browses. `browse-only`: the multicast port is taken, so others are found but ask in vain.
   * `broadcast-only`: no multicast here. `failed`: nothing works, tried again with the next scan.
   */
  readonly mode: 'full' | 'browse-only' | 'broadcast-only' | 'failed';
}

/** A host that is asked directly because neither multicast nor broadcast reaches it. */
export interface StaticHost {
  /** An address or a name to look up. */
  readonly host: string;
  readonly port: number;
}

/** Something does not work as it should; discovery goes on with the rest. Each is told once. */
export interface DiscoveryWarning {
  /** A sentence for the log. */
  readonly message: string;
  readonly interfaceName?: string | undefined;
  readonly cause?: unknown;
}

/**
 * Finds other nodes on the local networks and lets itself be found. Events are hints about who may be there; they come
 * only between `start` and `stop`. No method throws because of the network: what fails is a warning.
 */
export interface Discovery extends AsyncDisposable {
  readonly onPeerFound: Event<DiscoveredPeer>;
  /** The name, the protocol or the addresses of a known peer changed. */
  readonly onPeerChanged: Event<DiscoveredPeer>;
  readonly onPeerLost: Event<{ readonly peerId: string; readonly reason: DiscoveryLostReason }>;
  readonly onInterfacesChanged: Event<readonly DiscoveryInterface[]>;
  readonly onWarning: Event<DiscoveryWarning>;
  /** It cannot go on: its owner stops it and may begin another one. Told once. */
  readonly onFailed: Event<{ readonly cause: unknown }>;
  /** Starts announcing and browsing. With no usable interface it idles until one appears. */
  start(): Promise<void>;
  /** Asks these hosts directly from now on, and others that were named before no more. */
  setStaticHosts(hosts: readonly StaticHost[]): void;
  /** Changes the announcement, at once and on every interface. */
  update(update: AnnouncementUpdate): void;
  /**
   * Doubts a peer, after a failed dial: asks for it again and, without an answer within about 4 s, reports it lost.
   * An unknown peer id is ignored.
   */
  reconfirm(peerId: string): void;
  /** The peers known now. */
  peers(): readonly DiscoveredPeer[];
  /** The interfaces in use now; empty when idle. */
  interfaces(): readonly DiscoveryInterface[];
  /** Says goodbye and closes everything, within 1 s. Every known peer is lost with `stopped`. */
  stop(): Promise<void>;
}
