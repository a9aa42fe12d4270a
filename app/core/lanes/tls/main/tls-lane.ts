import { availableParallelism } from 'node:os';
import { Emitter, LanspreadError, throwIfAborted, type Event } from '../../../base/index.ts';
import type { LaneOffer, StreamInstall } from '../../../protocol/index.ts';
import type { FetchListener, FetchRequest } from '../../types.ts';
import type { UploadLimits, Uploads } from '../../../uploads/index.ts';
import { createLaneCertificate, type LaneCertificate } from '../certificate.ts';
import type { FromWorker } from '../messages.ts';
import { LaneWorkers } from './lane-workers.ts';
import { PeerAccounts } from './peer-accounts.ts';
import { RemoteStream } from './remote-stream.ts';
import { RunningFetch, workerDied } from './running-fetch.ts';
import { StreamDesk } from './stream-desk.ts';
import type { LaneTraffic, Served, TlsLane, TlsLaneOptions } from './types.ts';
import { UploadDesk } from './upload-desk.ts';
import { errorOf } from './worker-handle.ts';
import type { IncomingContent } from '../../../content/index.ts';

const unlimited: UploadLimits = {
  totalBytesPerSecond: undefined,
  perPeerBytesPerSecond: undefined,
  maxPeers: undefined,
};

/**
 * Starts the workers and listens. Rejects with the system's error, coded, when an address cannot be listened on.
 */
export async function createTlsLane(options: TlsLaneOptions): Promise<TlsLane> {
  const certificate = await createLaneCertificate(options.clock.now(), options.peerId);
  const lane = new WorkerLane(options, certificate);
  try {
    await lane.start();
    return lane;
  } catch (error) {
    await lane[Symbol.asyncDispose]();
    throw error;
  }
}

class WorkerLane implements TlsLane {
  readonly kind = 'tls';
  readonly #options: TlsLaneOptions;
  readonly #fingerprint: string;
  readonly #desk: UploadDesk;
  readonly #streamDesk: StreamDesk;
  readonly #streams = new Map<number, RemoteStream>();
  readonly #workers: LaneWorkers;
  readonly #peers: PeerAccounts;
  readonly #fetches = new Map<number, RunningFetch>();
  readonly #stopping = new AbortController();
  readonly #served = new Emitter<Served>();
  readonly #peerBytes = new Emitter<{ readonly peerId: string; readonly bytes: number }>();
  readonly onDidServe: Event<Served> = this.#served.event;
  readonly onPeerBytes: Event<{ readonly peerId: string; readonly bytes: number }> = this.#peerBytes.event;
  #nextFetchId = 1;
  #nextStreamId = 1;
  #stopped: Promise<void> | undefined;

  constructor(options: TlsLaneOptions, certificate: LaneCertificate) {
    this.#options = options;
    this.#fingerprint = certificate.fingerprint;
    const { clock, logger, listenHosts, port } = options;
    this.#peers = new PeerAccounts({ clock, onBytes: (facts) => this.#peerBytes.fire(facts) });
    this.#desk = new UploadDesk({
      clock,
      logger,
      authorize: options.authorize,
      limits: options.uploadLimits ?? unlimited,
      served: (facts) => this.#served.fire(facts),
    });
    this.#streamDesk = new StreamDesk({ serve: options.serveStream, logger });
    this.#workers = new LaneWorkers({
      certificate,
      listenHosts,
      port,
      isMetered: () => this.#desk.isMetered,
      onMessage: (index, message) => this.#handle(index, message),
      onGone: (index, cause) => this.#workerGone(index, cause),
      brief: async (handle) => {
        for (const [peerId, offer] of this.#peers.offers()) await handle.ask({ kind: 'trust', peerId, offer });
      },
      clock,
      logger,
      signal: this.#stopping.signal,
    });
  }

  async start(): Promise<void> {
    await this.#workers.start(this.#options.workers ?? Math.min(4, Math.max(2, availableParallelism())));
  }

  async watch(signal: AbortSignal): Promise<void> {
    await this.#workers.watch(signal);
  }

  offer(): LaneOffer {
    return { addresses: this.#workers.addresses(), fingerprint: this.#fingerprint };
  }

  async trust(peerId: string, offer: LaneOffer | undefined): Promise<void> {
    this.#peers.set(peerId, offer);
    await Promise.all(this.#workers.all().map((handle) => handle.ask({ kind: 'trust', peerId, offer })));
  }

  setUploadLimits(limits: UploadLimits): void {
    this.#desk.setLimits(limits);
    for (const handle of this.#workers.all()) handle.post({ kind: 'metered', isMetered: this.#desk.isMetered });
  }

  get uploads(): Uploads {
    return this.#desk.uploads;
  }

  traffic(): readonly LaneTraffic[] {
    return this.#peers.traffic();
  }

  async fetch(request: FetchRequest, listener: FetchListener, { signal }: { signal: AbortSignal }): Promise<void> {
    throwIfAborted(signal);
    throwIfAborted(this.#stopping.signal);
    const workerIndex = this.#freestWorker(request.peerId);
    const fetch = new RunningFetch(this.#nextFetchId, { request, listener, signal, workerIndex });
    this.#nextFetchId += 1;
    const others = Array.from(this.#fetches.values()).filter((other) => other.overlaps(fetch));
    this.#fetches.set(fetch.id, fetch);
    // Two fetches of one block: the first stops writing unverified bytes before the second is asked for.
    if (others.length > 0) {
      await Promise.all(
        others.map(({ id, workerIndex: at }) => this.#workers.at(at)?.ask({ kind: 'careful', fetchId: id })),
      );
    }
    if (signal.aborted) this.#settle(fetch.id, new LanspreadError('CANCELLED'));
    const handle = this.#workers.at(workerIndex);
    if (!handle || handle.isGone) this.#settle(fetch.id, workerDied(undefined));
    else if (this.#fetches.has(fetch.id)) {
      const { peerId, request: getBlocks, files } = request;
      handle.post({
        kind: 'fetch',
        order: { id: fetch.id, peerId, request: getBlocks, files, isCareful: others.length > 0 },
      });
    }
    const onAbort = (): void => handle?.post({ kind: 'abort', fetchId: fetch.id });
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await fetch.settled;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async openStream(
    peerId: string,
    request: StreamInstall,
    { signal }: { signal: AbortSignal },
  ): Promise<IncomingContent> {
    throwIfAborted(signal);
    throwIfAborted(this.#stopping.signal);
    const workerIndex = this.#freestWorker(peerId);
    const handle = this.#workers.at(workerIndex);
    if (!handle || handle.isGone) throw workerDied(undefined);
    const streamId = this.#nextStreamId;
    this.#nextStreamId += 1;
    const stream = new RemoteStream({
      streamId,
      workerIndex,
      peerId,
      signal,
      post: (message) => handle.post(message),
      onEnded: () => void this.#streams.delete(streamId),
    });
    this.#streams.set(streamId, stream);
    handle.post({ kind: 'open-stream', order: { streamId, peerId, request } });
    await stream.planned();
    return stream;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped ??= this.#stop();
    await this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort(new LanspreadError('CANCELLED'));
    this.#streamDesk[Symbol.dispose]();
    await this.#workers.stop();
    for (const stream of Array.from(this.#streams.values())) stream.ended(new LanspreadError('CANCELLED'));
    for (const id of Array.from(this.#fetches.keys())) this.#settle(id, new LanspreadError('CANCELLED'));
    this.#desk[Symbol.dispose]();
    this.#served[Symbol.dispose]();
    this.#peerBytes[Symbol.dispose]();
  }

  /** The worker with the fewest fetches from this peer, then with the fewest at all. */
  #freestWorker(peerId: string): number {
    const loads = this.#workers.all().map((handle) => (handle.isGone ? Number.MAX_SAFE_INTEGER / 2 : 0));
    for (const fetch of [...this.#fetches.values(), ...this.#streams.values()]) {
      const weight = fetch.peerId === peerId ? 1_000 : 1;
      loads[fetch.workerIndex] = (loads[fetch.workerIndex] ?? 0) + weight;
    }
    return loads.indexOf(Math.min(...loads));
  }

  #settle(fetchId: number, error?: unknown): void {
    this.#fetches.get(fetchId)?.settle(error);
    this.#fetches.delete(fetchId);
  }

  #workerGone(index: number, cause: unknown): void {
    this.#desk.workerGone(String(index));
    this.#streamDesk.workerGone(String(index));
    for (const stream of Array.from(this.#streams.values()))
      if (stream.workerIndex === index) stream.ended(workerDied(cause));
    for (const fetch of Array.from(this.#fetches.values())) {
      if (fetch.workerIndex === index) this.#settle(fetch.id, workerDied(cause));
    }
  }

  #handle(index: number, message: FromWorker): void {
    const worker = String(index);
    const handle = this.#workers.at(index);
    switch (message.kind) {
      case 'progress':
        for (const progress of message.fetches) this.#fetches.get(progress.fetchId)?.progress(progress);
        for (const traffic of message.traffic) this.#peers.count(traffic);
        break;
      case 'settled':
        this.#settle(message.fetchId, message.error && errorOf(message.error));
        break;
      case 'asked':
        this.#desk.asked(worker, message, (answer) => handle?.post(answer));
        break;
      case 'answered':
        this.#desk.answered(worker, message);
        break;
      case 'need':
        this.#desk.need(worker, message, (answer) => handle?.post(answer));
        break;
      case 'closed':
        this.#desk.closed(worker, message.connectionId);
        this.#streamDesk.closed(worker, message.connectionId);
        break;
      case 'asked-stream':
        this.#streamDesk.asked(worker, message, (answer) => handle?.post(answer));
        break;
      case 'fed':
        this.#streamDesk.fed(worker, message.connectionId);
        break;
      case 'stream-plan':
      case 'stream-wrote':
      case 'stream-poured':
        this.#streams.get(message.streamId)?.heard(message);
        break;
      case 'stream-ended':
        this.#streams.get(message.streamId)?.ended(message.error && errorOf(message.error));
        break;
      case 'log':
        this.#options.logger[message.level](message.facts, message.message);
        break;
      default:
        break;
    }
  }
}
