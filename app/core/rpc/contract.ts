/**
 * The contract of the core for the UI, the CLI, the harness and outside programs: command names with the schemas of their
 * parameters, the shapes of their results, and every event. No other file defines these shapes.
 */
import { z } from 'zod';
import type { ErrorCode, GameId } from '../base/index.ts';
import type { CatalogGame, CatalogImport, CatalogSource, LiveSourceView } from '../catalog/index.ts';
import type { ExtensionView, InstallOutcome, Question, Theme } from '../extensions/index.ts';
import type { GameView, OperationEventMessage, OperationKind } from '../operations/index.ts';
import type { RecoveryTale } from '../install/index.ts';
import type { GameSummary } from '../protocol/index.ts';
import type { KioskStatus } from '../settings/index.ts';
import type { SettingName, Settings } from '../settings/index.ts';

const gameId = z.string().min(1).max(200);
/** The content that the player chose where PCs disagree: one of the `choices` of a `MANIFEST_TIE`. */
const manifestHash = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .optional();
const nothing = z.object({});
const ofGame = z.object({ gameId });

/** Parameters by name. Unknown parameters are ignored. */
export const commandSchemas = {
  listGames: nothing,
  getGame: ofGame,
  download: z.object({ gameId, install: z.boolean().default(true), manifestHash }),
  update: z.object({ gameId, manifestHash }),
  streamInstall: z.object({ gameId, manifestHash }),
  install: ofGame,
  uninstall: ofGame,
  removeDownload: ofGame,
  pause: ofGame,
  resume: ofGame,
  cancel: ofGame,
  moveInQueue: z.object({ gameId, to: z.int().nonnegative() }),
  verify: ofGame,
  repair: ofGame,
  play: z.object({ gameId, launch: z.string().optional() }),
  stop: ofGame,
  revealFiles: ofGame,
  'settings.get': nothing,
  'settings.set': z.object({ name: z.string(), value: z.unknown() }),
  connectPeer: z.object({ address: z.string().min(1).max(1_000) }),
  listPeers: nothing,
  traffic: nothing,
  'folder.check': z.object({ path: z.string().min(1).max(4_000) }),
  'folder.places': nothing,
  /** `endings`: also lists files with these endings, such as `.json`; `*` means every file. */
  'folder.list': z.object({
    path: z.string().min(1).max(4_000),
    endings: z.array(z.string().min(1).max(16)).min(1).max(8).optional(),
  }),
  'folder.create': z.object({ path: z.string().min(1).max(4_000), name: z.string().max(255) }),
  searchGames: z.object({ query: z.string().max(500), limit: z.int().min(1).max(1_000).default(100) }),
  'catalog.list': nothing,
  'catalog.import': z.object({ path: z.string().min(1) }),
  'catalog.remove': z.object({ id: z.string().min(1) }),
  'catalog.order': z.object({ ids: z.array(z.string()) }),
  'catalog.refresh': z.object({ sourceId: z.string().max(200).optional() }),
  'catalog.configure': z.object({ sourceId: z.string().max(200), configuration: z.json() }),
  'extensions.list': nothing,
  'extensions.themes': nothing,
  'extensions.install': z.object({
    path: z.string().min(1).max(4_000),
    consent: z.union([z.boolean(), z.string().max(100)]).default(false),
  }),
  'extensions.enable': z.object({ id: z.string().min(1), consent: z.boolean().default(false) }),
  'extensions.disable': z.object({ id: z.string().min(1) }),
  'extensions.remove': z.object({ id: z.string().min(1) }),
  'kiosk.status': nothing,
  'kiosk.unlock': z.object({ pin: z.string().max(64) }),
  'kiosk.lock': nothing,
  'kiosk.setPin': z.object({ pin: z.string().min(4).max(64) }),
  'kiosk.endSession': nothing,
  status: nothing,
  quit: nothing,
} as const;

export type CommandName = keyof typeof commandSchemas;
/** Parameters as a caller gives them; defaults may be left out. */
export type CommandInput<Name extends CommandName> = z.input<(typeof commandSchemas)[Name]>;
/** Parameters after parsing. */
export type CommandParams<Name extends CommandName> = z.output<(typeof commandSchemas)[Name]>;

export interface PeerView {
  readonly peerId: string;
  readonly name: string;
  readonly addresses: readonly string[];
  /** The lane of its bytes: the TLS lane, or the control lane. */
  readonly lane?: 'tls' | 'libp2p';
  readonly transport: 'quic' | 'tcp';
  readonly games: readonly GameSummary[];
  /** Games being played on that PC, as far as it tells and this catalog lists them. */
  readonly playing: readonly GameId[];
}

/** Payload bytes to and from one peer since its session began. */
export interface PeerTraffic {
  readonly peerId: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Whether a folder is suitable for games. */
export interface FolderReport {
  /** Absolute. */
  readonly path: string;
  /** Whether the folder exists; if not, the nearest existing folder above it was examined. */
  readonly exists: boolean;
  readonly writable: boolean;
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** A place where browsing for a folder can begin. */
export interface FolderPlace {
  readonly kind: 'home' | 'root' | 'volume';
  /** Absolute. */
  readonly path: string;
  readonly name: string;
  readonly freeBytes: number;
  readonly totalBytes: number;
}

export interface FolderPart {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

export interface FolderListing {
  /** Absolute. */
  readonly path: string;
  /** Undefined at the root. */
  readonly parent?: string;
  /** From the root to this folder. */
  readonly trail: readonly FolderPart[];
  /** Folders in it that are not hidden, sorted by name. */
  readonly folders: readonly FolderPart[];
  /** Files in it that are not hidden and have the requested endings, sorted by name; left out when none were requested. */
  readonly files?: readonly FolderPart[];
  /** Not all folders or files are listed. */
  readonly hasMore: boolean;
  readonly writable: boolean;
  /** Space on its disk; both are 0 when the system does not tell. */
  readonly freeBytes: number;
  readonly totalBytes: number;
}

export interface GameDetails {
  readonly game: GameView;
  readonly catalog: CatalogGame;
  /** Peers that offer any version of it. */
  readonly offers: readonly {
    peerId: string;
    name: string;
    version: string;
    availability: GameSummary['availability'];
    sizeBytes: number;
  }[];
  readonly disk: {
    /** The size of the downloaded files; 0 when there are none. */
    readonly payloadBytes: number;
    /** The size of the files that the installer put into the game folder; 0 when the game is not installed. */
    readonly installedBytes: number;
    /** Free space in the games folder; undefined when the folder is away. */
    readonly freeBytes?: number;
  };
}

/** `accepted: false`: nothing was changed, and the player has to agree to `added` and `warnings`. */
interface ExtensionInstallResult extends InstallOutcome {
  readonly accepted: boolean;
  /** The current state; undefined when the extension is not installed yet. */
  readonly extension?: ExtensionView | undefined;
}

interface ExtensionEnableResult extends Question {
  readonly accepted: boolean;
  readonly status: 'enabled' | 'needs-consent';
  readonly extension?: ExtensionView | undefined;
}

interface Accepted {
  readonly accepted: true;
}

export interface Status {
  readonly peerId: string;
  readonly name: string;
  readonly addresses: readonly string[];
  /** Lanspread's version. */
  readonly version: string;
  readonly gamesDir: string;
  /** The games folder is away, for example because its drive is unplugged. */
  readonly gamesDirLost?: true;
  readonly stateDir: string;
  readonly peerCount: number;
  readonly transports: readonly string[];
  readonly operations: readonly { gameId: GameId; kind: OperationKind }[];
}

interface Results {
  listGames: { revision: number; games: GameView[] };
  getGame: GameDetails;
  'settings.get': { settings: Settings };
  connectPeer: { peerId: string };
  /** `unreachable`: heard, but not reachable. */
  listPeers: { peers: PeerView[]; unreachable: readonly UnreachablePeerView[] };
  traffic: { peers: readonly PeerTraffic[] };
  'folder.check': FolderReport;
  'folder.places': { places: readonly FolderPlace[] };
  'folder.list': FolderListing;
  'folder.create': { path: string };
  /** `meant`: the corrected query, when the typed one finds no game. */
  searchGames: { ids: GameId[]; meant?: string };
  'catalog.list': { sources: readonly CatalogSource[]; live: readonly LiveSourceView[] };
  'catalog.import': { source: CatalogImport };
  'extensions.list': { extensions: readonly ExtensionView[] };
  'extensions.themes': { themes: readonly Theme[] };
  'extensions.install': ExtensionInstallResult;
  'extensions.enable': ExtensionEnableResult;
  'kiosk.status': KioskStatus;
  status: Status;
}

export type CommandResult<Name extends CommandName> = Name extends keyof Results ? Results[Name] : Accepted;

type PeerFacts = { peerId: string; name: string };
type UnreachablePeerView = PeerFacts & { readonly addresses: readonly string[] };

export type CoreEventMessage =
  | OperationEventMessage
  | { event: 'started'; peerId: string; addresses: readonly string[]; name: string; version: string }
  | { event: 'local-ready'; revision: number; games: readonly GameSummary[] }
  | { event: 'local-library-changed'; revision: number; upserts: readonly GameSummary[]; removed: readonly GameId[] }
  | ({ event: 'peer-discovered'; addresses: readonly string[] } & PeerFacts)
  | ({ event: 'peer-connected'; addresses: readonly string[] } & PeerFacts)
  | ({ event: 'peer-lost'; reason: string } & PeerFacts)
  | ({ event: 'peer-incompatible'; reason: string } & PeerFacts)
  /** The peer is heard, but takes no connection. */
  | ({ event: 'peer-unreachable'; addresses: readonly string[] } & PeerFacts)
  | ({ event: 'peer-playing'; playing: readonly GameId[] } & PeerFacts)
  | { event: 'peer-count-changed'; count: number }
  | { event: 'recovery-done'; actions: readonly RecoveryTale[]; stateMovedAside?: string }
  | { event: 'runtime-failed'; component: string; error: { code: ErrorCode | string; message: string } }
  | { event: 'games-dir-lost' | 'games-dir-back'; gamesDir: string }
  | { event: 'catalogs-changed' }
  | { event: 'extensions-changed'; extensions: readonly ExtensionView[] }
  | { event: 'extension-failed'; extensionId: string; code: string; message: string; disabled: boolean }
  | { event: 'settings-changed'; setting: SettingName };

/** An event as it leaves the core. `at` is ISO 8601. */
export type CoreEvent = CoreEventMessage & { at: string };

export type CoreEventName = CoreEventMessage['event'];

export type { ExtensionView, InstallWarning, Theme } from '../extensions/index.ts';
export type { ContentChoice } from '../manifests/index.ts';
export type { GameView } from '../operations/index.ts';
