import type { z } from 'zod';
import type { Clock, Event, GameId, Logger } from '../base/index.ts';
import type { GameSummary, LaneOffer, LibraryDelta, LibrarySnapshot } from '../protocol/index.ts';
import type { PeerRepository } from '../state/index.ts';
import type { Announcement, Discovery } from './discovery/types.ts';
import type { Identity } from './identity.ts';

/** An authenticated peer after Hello. */
export interface Peer {
  readonly peerId: string;
  /** A label, never identity. */
  readonly name: string;
  /** Multiaddrs where it can be dialled. */
  readonly addresses: readonly string[];
  /** Its byte lane, hosts filled in, or undefined where it has none. */
  readonly lane: LaneOffer | undefined;
  /** Where its connections come from, as this PC sees them: IP addresses, nothing that it says of itself. */
  readonly remoteHosts: readonly string[];
  readonly transport: 'quic' | 'tcp';
  /** Only ids of the local catalog. */
  readonly games: ReadonlyMap<GameId, GameSummary>;
  readonly libraryRevision: number;
  /** The games being played there, only ids of the local catalog; empty when the peer does not tell. */
  readonly playing: readonly GameId[];
}

/** A bidirectional stream to one peer. Every wait ends with the signal, the idle limit or the peer. */
export interface PeerStream {
  readonly peerId: string;
  /** Aborts when nothing can be read or written any more. */
  readonly ended: AbortSignal;
  readMessage<T>(schema: z.ZodType<T>, what: string): Promise<T>;
  writeMessage(message: unknown): Promise<void>;
  /** Exactly `length` bytes. Throws `BAD_MESSAGE` when the stream ends before. */
  readBytes(length: number): Promise<Uint8Array>;
  /** The next bytes as they come, at most `maxLength`; undefined at the end. */
  readSome(maxLength: number): Promise<Uint8Array | undefined>;
  /** Resolves when the transport wants more (back-pressure). */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the own side and waits for what was written to be handed over. */
  close(): Promise<void>;
  abort(error: unknown): void;
}

export type StreamHandler = (stream: PeerStream, context: { peerId: string; signal: AbortSignal }) => Promise<void>;

/** Heard, but not to be reached: behind a firewall that lets nobody in, or in another subnet. */
export interface UnreachablePeer {
  readonly peerId: string;
  readonly name: string;
  /** IP addresses where it says it is. */
  readonly addresses: readonly string[];
}

export type LostReason = 'goodbye' | 'timeout' | 'closed';

export interface PeerNetwork extends AsyncDisposable {
  readonly peerId: string;
  /** What others see, now. */
  readonly name: string;
  /** Multiaddrs, with the peer id, that `connect` of another node accepts. */
  addresses(): readonly string[];
  /** Peers with a session. */
  peers(): readonly Peer[];
  get(peerId: string): Peer | undefined;
  readonly onDidDiscover: Event<{ peerId: string; name: string; addresses: readonly string[] }>;
  readonly onDidConnect: Event<Peer>;
  readonly onDidLose: Event<{ peerId: string; name: string; reason: LostReason }>;
  readonly onDidFindIncompatible: Event<{ peerId: string; name: string; reason: string }>;
  readonly onDidFindUnreachable: Event<UnreachablePeer>;
  /** Those that are heard now and cannot be reached. It may call from its side at any time. */
  unreachable(): readonly UnreachablePeer[];
  /** A peer's library, name, addresses or running games changed. */
  readonly onDidChange: Event<Peer>;
  /**
   * Dials and says Hello; returns the peer id. Errors: `INVALID_ADDRESS`, `SELF_CONNECT`, `PEER_UNREACHABLE`,
   * `INCOMPATIBLE_PEER`, `PEER_TIMEOUT`, `CANCELLED`.
   */
  connect(address: string, options?: { signal?: AbortSignal }): Promise<string>;
  /** Serves a protocol to peers with a session. Errors of the handler end the stream and are logged. */
  handle(protocol: string, handler: StreamHandler): Disposable;
  /** Opens a stream. Errors: `PEER_GONE`, `PEER_TIMEOUT`, `CANCELLED`. */
  open(peerId: string, protocol: string, options?: { signal?: AbortSignal }): Promise<PeerStream>;
  /** Bytes came from this peer over the TLS lane, which is a sign of life. */
  markAlive(peerId: string): void;
  /** Sends a library change to every session. */
  publish(delta: LibraryDelta): void;
  setName(name: string): void;
  /**
   * The games being played here, the newest last. Every session is told, at most once a second. Of more than
   * `limits.playingGames` only the newest are told.
   */
  setPlaying(games: readonly GameId[]): void;
  /**
   * Whom to reach beside those that are found: multiaddrs that are dialled again and again, and hosts (`10.0.3.7`,
   * `seed.example:47624`) that discovery asks who they are. Texts that are neither are logged.
   */
  setStaticPeers(texts: readonly string[]): void;
  /** The local catalog changed: filters the games of all peers again. */
  recheckGames(): void;
  /** The transports of the control plane. */
  readonly transports: readonly string[];
  /** Resolves when the signal aborts; rejects with `IO_ERROR` once an address is not listened on any more. */
  watchListeners(signal: AbortSignal): Promise<void>;
  /** Finds others on the local networks until the signal aborts. Rejects when that fails; it may be begun again then. */
  discover(signal: AbortSignal): Promise<void>;
  /** Asks who is silent, and loses who does not answer, until the signal aborts. Rejects when that fails; as above. */
  watchLiveness(signal: AbortSignal): Promise<void>;
  /** Says goodbye to every peer and closes; within 1 s. */
  stop(): Promise<void>;
}

/** What the network asks of the rest of the core. */
interface PeerNetworkHost {
  library(): LibrarySnapshot;
  lane(): LaneOffer | undefined;
  isKnownGame(id: string): boolean;
  /** Called before a Hello is answered, and with undefined when the peer is lost. The byte lane trusts the offer's certificate once it resolves. */
  trustLane(peerId: string, lane: LaneOffer | undefined): Promise<void>;
}

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
