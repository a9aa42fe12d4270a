import type { Connection } from '@libp2p/interface';
import type { GameId } from '../base/index.ts';
import {
  libraryDigest,
  type GameSummary,
  type Hello,
  type LaneOffer,
  type LibraryDelta,
  type LibrarySnapshot,
} from '../protocol/index.ts';
import { endpointOf } from './addresses.ts';
import type { Peer } from './types.ts';

/** What a peer told of its library: everything, also what the local catalog does not know. */
export interface RemoteLibrary {
  readonly revision: number;
  readonly games: ReadonlyMap<GameId, GameSummary>;
}

export function libraryOf({ revision, games }: LibrarySnapshot): RemoteLibrary {
  return { revision, games: new Map(games.map((game) => [game.id, game])) };
}

/** The library after a delta, or `resync` when it does not follow from what is known. Pure. */
export function applyDelta(library: RemoteLibrary, delta: LibraryDelta): RemoteLibrary | 'resync' {
  if (delta.from !== library.revision) return 'resync';
  const games = new Map(library.games);
  for (const id of delta.removed) games.delete(id);
  for (const game of delta.upserts) games.set(game.id, game);
  if (libraryDigest(games.values()) !== delta.digest) return 'resync';
  return { revision: delta.to, games };
}

/** A peer after Hello. */
export interface Session {
  readonly peerId: string;
  hello: Omit<Hello, 'library'>;
  library: RemoteLibrary;
  lane: LaneOffer | undefined;
  connection: Connection;
  /** The revision of our library that the peer was told last. */
  toldRevision: number;
  /** Monotonic, in milliseconds. */
  heardAtMs: number;
  isPinging: boolean;
  /** Messages about our library go out one after another. */
  outbox: Promise<void>;
}

/** A lane offer with its hosts filled in: an empty one means the address the control plane talks to. */
export function resolveLane(offer: LaneOffer | undefined, connection: Connection): LaneOffer | undefined {
  if (!offer) return undefined;
  const seen = endpointOf(connection.remoteAddr)?.host;
  const addresses = offer.addresses.flatMap(({ host, port }) => {
    const own = host === '' || host === '0.0.0.0' || host === '::' ? seen : host;
    return own ? [{ host: own, port }] : [];
  });
  return { ...offer, addresses };
}

export function peerOf(
  { peerId, hello, library, lane, connection }: Session,
  isKnownGame: (id: string) => boolean,
): Peer {
  const games = new Map([...library.games].filter(([id]) => isKnownGame(id)));
  const dialled = connection.direction === 'outbound' ? [connection.remoteAddr.toString()] : [];
  return {
    peerId,
    name: hello.name,
    addresses: [...new Set([...hello.addresses, ...dialled])],
    lane,
    transport: endpointOf(connection.remoteAddr)?.protocol === 'udp' ? 'quic' : 'tcp',
    games,
    libraryRevision: library.revision,
  };
}
