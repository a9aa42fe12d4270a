/**
 * What a card shows, from one place: catalog + this library + what peers offer + the running operation. Pure. The UI,
 * the CLI and the harness see nothing else.
 */
import type { ErrorCode, GameId } from '../base/index.ts';
import type { CatalogGame } from '../catalog/index.ts';
import type { LocalGame } from '../library/index.ts';
import type { Peer } from '../peers/index.ts';
import type { OperationKind } from './table.ts';

export interface Failure {
  readonly code: ErrorCode | string;
  readonly message: string;
}

export interface Resumable {
  /** Verified bytes that are kept. */
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface GameView {
  readonly id: GameId;
  readonly title: string;
  /** The wanted version: the catalog's. */
  readonly version: string;
  /** The version that is here: of the download, else of the install. */
  readonly localVersion?: string;
  readonly installedVersion?: string;
  readonly downloaded: boolean;
  readonly installed: boolean;
  /** What this PC offers to others: `Ready` when downloaded. */
  readonly availability: 'Ready' | 'LocalOnly';
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
  /** What the catalog tells about it, for lists that are filtered and sorted. */
  readonly genres: readonly string[];
  readonly players?: { readonly min: number; readonly max: number };
  readonly releaseYear?: number;
  /** There is a picture at `/covers/<id>`. */
  readonly hasCover: boolean;
}

export interface GameFacts {
  readonly game: CatalogGame;
  readonly local: LocalGame | undefined;
  readonly peers: readonly Peer[];
  readonly operation: { readonly kind: OperationKind; readonly startedAt: number } | undefined;
  /** From 1; undefined when not waiting. */
  readonly queuePosition: number | undefined;
  readonly resumable: Resumable | undefined;
  readonly lastFailure: Failure | undefined;
  readonly playedSeconds: number;
}

/** How many peers have the wanted version ready, and the size most of them tell. */
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

export function viewOf(facts: GameFacts): GameView {
  const { game, local, operation, resumable, lastFailure, queuePosition } = facts;
  const { peerCount, sizeBytes } = offersOf(game, facts.peers);
  const downloaded = local?.downloaded ?? false;
  const installed = local?.installed ?? false;
  const localVersion = local?.version ?? local?.installedVersion;
  const versionHere = installed ? (local?.installedVersion ?? local?.version) : local?.version;
  const outdated = versionHere !== undefined && versionHere !== game.version;
  const hasWanted = downloaded && local?.version === game.version;
  return {
    id: game.id,
    title: game.title,
    version: game.version,
    ...(localVersion !== undefined && { localVersion }),
    ...(local?.installedVersion !== undefined && { installedVersion: local.installedVersion }),
    downloaded,
    installed,
    availability: downloaded ? 'Ready' : 'LocalOnly',
    peerCount,
    sizeBytes: (hasWanted ? local?.sizeBytes : undefined) ?? sizeBytes ?? local?.sizeBytes ?? game.sizeBytes ?? 0,
    updateAvailable: outdated && (peerCount > 0 || hasWanted),
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
    genres: game.genres,
    ...(game.players && { players: game.players }),
    ...(game.releaseYear !== undefined && { releaseYear: game.releaseYear }),
    hasCover: game.coverPath !== undefined,
  };
}
