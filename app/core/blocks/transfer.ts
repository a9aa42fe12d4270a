import type { Clock, FileSystem, GameId, Logger } from '../base/index.ts';
import { decodeManifest, ManifestLayout } from '../protocol/index.ts';
import type { BlockHasher, Library } from '../library/index.ts';
import type { PeerNetwork } from '../peers/index.ts';
import type { State } from '../state/index.ts';
import type { DownloadContext } from './context.ts';
import { discard, download } from './download.ts';
import {
  chooseLanes,
  createLibp2pLane,
  createLibp2pStreamLane,
  serveBlocks,
  serveLibp2pStreams,
} from '../lanes/index.ts';
import { repair, verify, type VerifyContext } from './repair.ts';
import type { LivePartial } from './live-partial.ts';
import { assertPayloadUnchanged, createServeGate } from './serve/serve-gate.ts';
import { serveHave } from './serve/serve-have.ts';
import { serveManifests } from '../manifests/index.ts';
import {
  createStreamServer,
  findSenders,
  type ServeStream,
  type StreamLane,
  type StreamSenders,
} from '../streamed/index.ts';
import type { OpenPayload } from '../content/index.ts';
import type { ResolveRequest } from '../manifests/index.ts';
import type { Authorize, Lane } from '../lanes/index.ts';
import type {
  DownloadListener,
  DownloadOutcome,
  DownloadRequest,
  RepairOutcome,
  VerifyListener,
  VerifyRequest,
  VerifyResult,
} from './types.ts';
import type { Uploads } from '../uploads/index.ts';

interface TransferOptions {
  peers: PeerNetwork;
  library: Library & { readonly hasher: BlockHasher };
  state: State;
  /** The TLS lane for blocks; its owner disposes it. */
  tlsLane: Lane;
  /** The TLS lane for streamed installs. */
  streamLane: StreamLane;
  /** Opens the archives in a game folder, for streamed installs that this PC sends. */
  openPayload: OpenPayload;
  /** The upload limits of this PC, for the lanes beside the TLS lane. */
  uploads: Uploads;
  fileSystem: FileSystem;
  settleRoot?: DownloadContext['settleRoot'];
  clock: Clock;
  logger: Logger;
  isKnownGame: (id: string) => boolean;
  /** False while the game is being removed or repaired. */
  isServable: (id: GameId) => boolean;
  /** Whether a game is being played on this PC: unpacking for others then takes a smaller share. */
  isPlaying?: () => boolean;
}

export interface ResumableDownload {
  /** Verified bytes. */
  readonly bytes: number;
  readonly totalBytes: number;
  readonly version: string;
  readonly manifestRoot: string;
  /** Whether an install follows the download. */
  readonly install: boolean;
}

/** Fetches games from peers and serves them. */
export interface Transfer extends Disposable {
  /** Never throws; see `download`. */
  download(
    request: DownloadRequest,
    listener: DownloadListener,
    options: { signal: AbortSignal },
  ): Promise<DownloadOutcome>;
  /** What a paused or interrupted download in this game folder has kept. */
  resumable(root: string): ResumableDownload | undefined;
  discard(request: { gameId: GameId; root: string }): Promise<void>;
  /** See `verify`. */
  verify(request: VerifyRequest, listener: VerifyListener, options: { signal: AbortSignal }): Promise<VerifyResult>;
  /** Never throws; see `repair`. */
  repair(
    request: VerifyRequest,
    listeners: { verifying: VerifyListener; downloading: DownloadListener },
    options: { signal: AbortSignal },
  ): Promise<RepairOutcome>;
  /** The payload of this game folder was deleted: forgets all that is known of it. */
  forgetPayload(root: string): void;
  /** The peers that can send this game as a streamed install. Errors: those of `resolveManifest`. */
  findSenders(request: ResolveRequest, options: { signal: AbortSignal }): Promise<StreamSenders>;
  /** Answers requests for streamed installs. */
  readonly serveStream: ServeStream;
  /** The serve gate. */
  readonly authorize: Authorize;
  /** The kind of lane that a peer's bytes take. */
  laneOf(peerId: string): Lane['kind'];
}

export function createTransfer(options: TransferOptions): Transfer {
  const { peers, library, state, tlsLane, streamLane, uploads, fileSystem, clock, logger, isKnownGame } = options;
  const stack = new DisposableStack();
  const live = new Map<GameId, LivePartial>();
  const lanes = chooseLanes({
    peers,
    tls: { blocks: tlsLane, streams: streamLane },
    control: { blocks: createLibp2pLane(peers), streams: createLibp2pStreamLane(peers) },
    clock,
  });
  stack.use(peers.onDidLose(({ peerId }) => lanes.forget(peerId)));
  const { isServable } = options;
  const onStale = (id: GameId): void => {
    library
      .refresh(id)
      .catch((error: unknown) => logger.warn({ gameId: id, err: error }, 'a game that changed was not looked at'));
  };
  const authorize = createServeGate({
    library,
    isKnownGame,
    isServable,
    partialOf: (id) => live.get(id),
    fileSystem,
    blocks: state.blocks,
    onStale,
  });
  stack.use(serveManifests({ peers, library, isKnownGame, isServable }));
  stack.use(serveHave({ peers, partialOf: (id) => live.get(id), isServable, clock }));
  const serveStream = createStreamServer({
    ...options,
    library,
    assertUnchanged: (payload) => assertPayloadUnchanged(payload, { fileSystem, blocks: state.blocks, onStale }),
  });
  stack.use(serveLibp2pStreams(peers, serveStream));
  stack.use(serveBlocks(peers, { authorize, fileSystem, uploads, clock }));
  const context: VerifyContext = {
    peers,
    library,
    hasher: library.hasher,
    state,
    fileSystem,
    ...(options.settleRoot && { settleRoot: options.settleRoot }),
    lanes,
    live,
    clock,
    logger,
  };
  const totals = new Map<string, number>();
  return {
    download: (request, listener, { signal }) => download(context, request, { listener, signal }),
    discard: (request) => discard(context, request),
    resumable(root) {
      const partial = state.partials.get(root);
      if (!partial) return undefined;
      let totalBytes = totals.get(partial.manifestRoot);
      if (totalBytes === undefined) {
        ({ totalBytes } = new ManifestLayout(decodeManifest(partial.manifestBytes)));
        totals.set(partial.manifestRoot, totalBytes);
      }
      const { verifiedBytes: bytes, version, manifestRoot, install } = partial;
      return { bytes, totalBytes, version, manifestRoot, install };
    },
    verify: (request, listener, { signal }) => verify(context, request, { listener, signal }),
    repair: (request, listeners, { signal }) => repair(context, request, { ...listeners, signal }),
    findSenders: (request, { signal }) => findSenders({ peers, lanes: lanes.streams }, request, { signal }),
    serveStream,
    forgetPayload: (root) => state.payloads.clear(root),
    authorize,
    laneOf: (peerId) => lanes.of(peerId).kind,
    [Symbol.dispose]: () => stack.dispose(),
  };
}
