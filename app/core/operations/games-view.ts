/**
 * What a card shows, merged from the catalog, this library, the peers' offers and the running operation. Pure. The UI, the
 * CLI and the harness see nothing else.
 */
import type { ErrorCode, GameId, TellingDetails } from '../base/index.ts';
import type { CatalogGame } from '../catalog/index.ts';
import type { LocalGame } from '../library/index.ts';
import type { ContentChoice } from '../manifests/index.ts';
import type { Peer } from '../peers/index.ts';
import type { OperationKind } from './table.ts';

export interface Failure {
  readonly code: ErrorCode | string;
  readonly message: string;
  /** Figures and names of this case, by its code; left out when there are none. */
  readonly details?: TellingDetails;
  /** The operation that failed; a retry repeats it. */
  readonly operation?: OperationKind;
  /** Of a download: whether an install was to follow. */
  readonly install?: boolean;
  /** Of a `MANIFEST_TIE`: what the player may get, with `manifestHash`. */
  readonly choices?: readonly ContentChoice[];
}

export interface Resumable {
  /** Verified bytes on the disk. */
  readonly bytes: number;
  readonly totalBytes: number;
}

/** A player in the room. */
interface PlayerView {
  readonly peerId: string;
  readonly name: string;
}

export interface GameView {
  readonly id: GameId;
  readonly title: string;
  /** The game is on this disk, but no catalog lists it any more. */
  readonly noLongerListed?: true;
  /** The wanted version, from the catalog. */
  readonly version: string;
  /** The version on this PC: of the download, or else of the install. */
  readonly localVersion?: string;
  readonly installedVersion?: string;
  readonly downloaded: boolean;
  readonly installed: boolean;
  /** Whether this PC offers the game to others: `Ready` when it is downloaded. */
  readonly availability: 'Ready' | 'LocalOnly';
  /** Why this PC does not offer the download yet: it changed a moment ago, or is smaller than the catalog says. */
  readonly heldBack?: NonNullable<LocalGame['heldBack']>;
  /** The number of peers that have the wanted version ready. */
  readonly peerCount: number;
  /** The payload's size: as it is here, else as peers offer it, else as the catalog says; 0 when unknown. */
  readonly sizeBytes: number;
  readonly updateAvailable: boolean;
  readonly operation?: { readonly kind: OperationKind; readonly queuePosition?: number; readonly startedAt: number };
  readonly resumable?: Resumable;
  readonly lastFailure?: Failure;
  /** The time played on this PC, in seconds; only sessions that have ended. */
  readonly playedSeconds: number;
  /** Other PCs on which the game is being played now, sorted by name; left out when there are none. */
  readonly playedBy?: readonly PlayerView[];
  /** Facts from the catalog by which lists are filtered and sorted. */
  readonly genres: readonly string[];
  readonly players?: { readonly min: number; readonly max: number };
  readonly releaseYear?: number;
  /** The picture is at `/covers/<id>`. */
  readonly hasCover: boolean;
}

interface GameFacts {
  readonly game: CatalogGame;
  readonly isListed: boolean;
  readonly local: LocalGame | undefined;
  readonly peers: readonly Peer[];
  readonly operation: { readonly kind: OperationKind; readonly startedAt: number } | undefined;
  /** Counts from 1; undefined when the download does not wait. */
  readonly queuePosition: number | undefined;
  readonly resumable: Resumable | undefined;
  readonly lastFailure: Failure | undefined;
  readonly playedSeconds: number;
}

/** The number of peers that have the wanted version ready, and the size that the first of them gives. */
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

/** The peers on which this game is being played, sorted by name. */
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
