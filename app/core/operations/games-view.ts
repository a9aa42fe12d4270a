/**
 * What a card shows, from one place: catalog + this library + what peers offer + the running operation. Pure. The UI,
 * the CLI and the harness see nothing else.
 */
import type { ErrorCode, GameId, TellingDetails } from '../base/index.ts';
import type { CatalogGame } from '../catalog/index.ts';
import type { LocalGame } from '../library/index.ts';
import type { Peer } from '../peers/index.ts';
import type { OperationKind } from './table.ts';

export interface Failure {
  readonly code: ErrorCode | string;
  readonly message: string;
  /** The figures and names of the case that the code has; left out when there are none. */
  readonly details?: TellingDetails;
  /** What failed: trying again means this. */
  readonly operation?: OperationKind;
}

export interface Resumable {
  /** Verified bytes that are kept. */
  readonly bytes: number;
  readonly totalBytes: number;
}

/** Somebody in the room. */
interface PlayerView {
  readonly peerId: string;
  readonly name: string;
}

export interface GameView {
  readonly id: GameId;
  readonly title: string;
  /** It is on this disk, and no catalog lists it any more. */
  readonly noLongerListed?: true;
  /** The wanted version: the catalog's. */
  readonly version: string;
  /** The version that is here: of the download, else of the install. */
  readonly localVersion?: string;
  readonly installedVersion?: string;
  readonly downloaded: boolean;
  readonly installed: boolean;
  /** What this PC offers to others: `Ready` when downloaded. */
  readonly availability: 'Ready' | 'LocalOnly';
  /** Why a download is not offered for now: it was changed a moment ago, or is smaller than the catalog says. */
  readonly heldBack?: NonNullable<LocalGame['heldBack']>;
  /** Peers that have the wanted version ready. */
  readonly peerCount: number;
  /** Of the payload: here, else as offered, else as the catalog says; 0 when nobody knows. */
  readonly sizeBytes: number;
  readonly updateAvailable: boolean;
  readonly operation?: { readonly kind: OperationKind; readonly queuePosition?: number; readonly startedAt: number };
  readonly resumable?: Resumable;
  readonly lastFailure?: Failure;
  /** How long it was played here, in seconds, sessions that ended. */
  readonly playedSeconds: number;
  /** Other PCs on which it is being played now, by name; left out when there are none. */
  readonly playedBy?: readonly PlayerView[];
  /** What the catalog tells about it, for lists that are filtered and sorted. */
  readonly genres: readonly string[];
  readonly players?: { readonly min: number; readonly max: number };
  readonly releaseYear?: number;
  /** There is a picture at `/covers/<id>`. */
  readonly hasCover: boolean;
}

interface GameFacts {
  readonly game: CatalogGame;
  readonly isListed: boolean;
  readonly local: LocalGame | undefined;
  readonly peers: readonly Peer[];
  readonly operation: { readonly kind: OperationKind; readonly startedAt: number } | undefined;
  /** From 1; undefined when not waiting. */
  readonly queuePosition: number | undefined;
  readonly resumable: Resumable | undefined;
  readonly lastFailure: Failure | undefined;
  readonly playedSeconds: number;
}

/** How many peers have the wanted version ready, and the size that the first of them tells. */
export function offersOf(
  game: Pick<CatalogGame, 'id' | 'version'>,
  peers: readonly Peer[],
): { peerCount: number; sizeBytes: number | undefined } {
  let peerCount = 0;
  let sizeBytes: number | undefined;
  for (const peer of peers) {
    const summary = peer.games.get(game.id);
    if (summary?.availability !== 'Ready' || summary.version !== game.version) continue;
    peerCount += 1;
    sizeBytes ??= summary.sizeBytes;
  }
  return { peerCount, sizeBytes };
}

/** Who says that this game is being played there, by name. */
export function playersOf(id: GameId, peers: readonly Peer[]): readonly PlayerView[] {
  const players = peers.filter(({ playing }) => playing.includes(id)).map(({ peerId, name }) => ({ peerId, name }));
  return players.sort((a, b) => (a.name === b.name ? order(a.peerId, b.peerId) : order(a.name, b.name)));
}

const order = (a: string, b: string): number => (a < b ? -1 : 1);

export function gameViewOf(facts: GameFacts): GameView {
  const { game, local, operation, resumable, lastFailure, queuePosition } = facts;
  const { peerCount, sizeBytes } = offersOf(game, facts.peers);
  const downloaded = local?.downloaded ?? false;
  const installed = local?.installed ?? false;
  const localVersion = local?.version ?? local?.installedVersion;
  const versionHere = installed ? (local?.installedVersion ?? local?.version) : local?.version;
  const outdated = versionHere !== undefined && versionHere !== game.version;
  const playedBy = playersOf(game.id, facts.peers);
  const hasWanted = downloaded && local?.version === game.version;
  return {
    id: game.id,
    title: game.title,
    ...(!facts.isListed && { noLongerListed: true as const }),
    version: game.version,
    ...(localVersion !== undefined && { localVersion }),
    ...(local?.installedVersion !== undefined && { installedVersion: local.installedVersion }),
    downloaded,
    installed,
    availability: downloaded && !local?.heldBack ? 'Ready' : 'LocalOnly',
    ...(local?.heldBack && { heldBack: local.heldBack }),
    peerCount,
    sizeBytes: (hasWanted ? local?.sizeBytes : undefined) ?? sizeBytes ?? local?.sizeBytes ?? game.sizeBytes ?? 0,
    updateAvailable: facts.isListed && outdated && (peerCount > 0 || hasWanted),
    ...(operation && {
      operation: {
        kind: operation.kind,
        startedAt: operation.startedAt,
        ...(queuePosition !== undefined && { queuePosition }),
      },
    }),
    ...(resumable && { resumable }),
    ...(lastFailure && { lastFailure }),
    playedSeconds: facts.playedSeconds,
    ...(playedBy.length > 0 && { playedBy }),
    genres: game.genres,
    ...(game.players && { players: game.players }),
    ...(game.releaseYear !== undefined && { releaseYear: game.releaseYear }),
    hasCover: game.coverPath !== undefined,
  };
}
