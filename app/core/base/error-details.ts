/**
 * Which details of an error a text may name, for texts in other languages than the core's: by code, each detail with its
 * kind. An error may have more details, but texts for people do not name them.
 */
import type { ErrorCode, ErrorDetails } from './errors.ts';

/**
 * `peer`: a peer id. `sides`: the peers that hold each content, as `{ root, peers }`. `operation`: the running operation.
 * `reason`: why a download cannot be removed. `fault`: see `PathFault`. `text`: a path, a name, a version.
 */
export type DetailKind = 'bytes' | 'count' | 'seconds' | 'text' | 'peer' | 'sides' | 'operation' | 'reason' | 'fault';

const path = { path: 'text' } as const;
const ofPeer = { peerId: 'peer' } as const;
const ofArchive = { file: 'text', entry: 'text' } as const;
const ofExtension = { extensionId: 'text' } as const;

export const errorDetailKinds: Readonly<Partial<Record<ErrorCode, Readonly<Record<string, DetailKind>>>>> = {
  BAD_REQUEST: { field: 'text' },
  NOT_IN_CATALOG: { gameId: 'text' },
  OPERATION_IN_PROGRESS: { operation: 'operation' },
  NOT_REMOVABLE: { reason: 'reason' },
  LAUNCH_MISSING: path,
  PLAY_FAILED: { command: 'text' },
  NOT_A_PROGRAM: { path: 'text' },
  GAME_ENDED_AT_ONCE: { exitCode: 'count', lastWords: 'text' },
  TOO_MANY_ATTEMPTS: { retryAfterSeconds: 'seconds' },
  STATE_LOCKED: { directory: 'text' },
  STATE_TOO_NEW: { version: 'text', latest: 'text' },
  DISK_FULL: { neededBytes: 'bytes', freeBytes: 'bytes', path: 'text' },
  FILE_TOO_LARGE: { path: 'text', sizeBytes: 'bytes', limitBytes: 'bytes' },
  IO_ERROR: path,
  PERMISSION_DENIED: path,
  FOLDER_NOT_FOUND: path,
  FOLDER_EXISTS: path,
  GAMES_DIR_LOST: { gamesDir: 'text' },
  INVALID_PATH: path,
  UNSAFE_ROOT: path,
  CATALOG_INVALID: { field: 'text' },
  CATALOG_NOT_FOUND: path,
  SIGNATURE_INVALID: path,
  ROOM_KEY_INVALID: path,
  BAD_MESSAGE: ofPeer,
  INCOMPATIBLE_PEER: { peerId: 'peer', protocol: 'text' },
  INVALID_ADDRESS: { address: 'text' },
  PEER_UNREACHABLE: { address: 'text' },
  PEER_GONE: ofPeer,
  PEER_TIMEOUT: ofPeer,
  GAME_NOT_FOUND: ofPeer,
  MANIFEST_MISMATCH: ofPeer,
  NOT_SERVED: ofPeer,
  NO_PEERS: { version: 'text' },
  MANIFEST_TIE: { groups: 'sides', files: 'text' },
  MANIFEST_INVALID: ofPeer,
  NO_SOUND_SOURCE: { peerId: 'peer', file: 'text', block: 'count' },
  NO_UNPACKER: { file: 'text', needs: 'text' },
  ARCHIVE_CORRUPT: ofArchive,
  ARCHIVE_ENCRYPTED: ofArchive,
  ARCHIVE_HOSTILE: ofArchive,
  ARCHIVE_UNSUPPORTED: ofArchive,
  VOLUME_MISSING: { file: 'text' },
  ARCHIVE_UNSUITABLE: { ...ofArchive, reason: 'fault' },
  EXTENSION_INCOMPATIBLE: { wants: 'text', has: 'text' },
  EXTENSION_FAILED: ofExtension,
  EXTENSION_CRASHED: ofExtension,
  EXTENSION_TIMEOUT: ofExtension,
  EXTENSION_MISBEHAVED: ofExtension,
};

export interface Side {
  readonly root: string;
  /** Peer ids. */
  readonly peers: readonly string[];
}

export type TellingDetail = string | number | readonly Side[];
export type TellingDetails = Readonly<Record<string, TellingDetail>>;

const longestText = 500;
const mostSides = 8;
const mostPeersOfSide = 32;

/**
 * The details that a text may name, each of its kind and limited in size; leaves out all others. Pure; applied to its own
 * result it changes nothing.
 */
export function tellingDetails(code: string, details: ErrorDetails): TellingDetails {
  const kinds = Object.entries((errorDetailKinds as Record<string, Readonly<Record<string, DetailKind>>>)[code] ?? {});
  const told = kinds.flatMap(([name, kind]): [string, TellingDetail][] => {
    const value = tellingDetail(kind, details[name]);
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(told);
}

function tellingDetail(kind: DetailKind, value: unknown): TellingDetail | undefined {
  if (kind === 'sides') return sidesOf(value);
  if (kind === 'bytes' || kind === 'count' || kind === 'seconds')
    return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return typeof value === 'string' && value !== '' ? value.slice(0, longestText) : undefined;
}

function sidesOf(value: unknown): readonly Side[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const sides = value.slice(0, mostSides).flatMap((side: unknown): Side[] => {
    if (typeof side !== 'object' || side === null || !('root' in side) || !('peers' in side)) return [];
    const { root, peers } = side;
    if (typeof root !== 'string' || !Array.isArray(peers)) return [];
    const ids = peers.filter((peer) => typeof peer === 'string').slice(0, mostPeersOfSide);
    return [{ root: root.slice(0, longestText), peers: ids }];
  });
  return sides.length > 0 ? sides : undefined;
}
