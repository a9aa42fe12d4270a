import { availableParallelism } from 'node:os';
import { Emitter, LanspreadError, sleep, throwIfAborted, whenAborted, type Event } from '../../base/index.ts';
import type { LaneOffer, StreamInstall } from '../../protocol/index.ts';
import type { ByteRoad } from '../stream/types.ts';
import type { FetchListener, FetchRequest, UploadLimits, Uploads } from '../types.ts';
import { createLaneCertificate, type LaneCertificate } from './certificate.ts';
import type { FromWorker, PeerTraffic, WorkerSetup } from './messages.ts';
import { LaneRoad } from './lane-road.ts';
import { RunningFetch, workerDied } from './running-fetch.ts';
import { StreamDesk } from './stream-desk.ts';
import type { LaneTraffic, Served, TlsLane, TlsLaneOptions } from './types.ts';
import { UploadDesk } from './upload-desk.ts';
import { errorOf, WorkerHandle } from './worker-handle.ts';

const unlimited: UploadLimits = {
  totalBytesPerSecond: undefined,
  perPeerBytesPerSecond: undefined,
  maxPeers: undefined,
};
const signOfLifePeriodMs = 500;
/** Doubles with every start that fails, up to the most. */
const restartPauseMs = 200;
const mostRestartPauseMs = 30_000;
/** A worker that could not be started again so often in a row will not be: some ports that were offered stay deaf. */
const mostFailedStarts = 5;

interface Slot {
  handle: WorkerHandle;
  /** As listened on; a restarted worker takes the same. */
  ports: readonly number[];
}

interface PeerAccount {
  offer: LaneOffer;
  bytesIn: number;
  bytesOut: number;
  unreportedBytes: number;
  reportedAtMs: number;
}

/**
 * Starts the workers and listens. Rejects with the system's error, coded, when an address cannot be listened on.
 */
export async function createTlsLane(options: TlsLaneOptions): Promise<TlsLane> {
  const certificate = await createLaneCertificate(options.clock.now());
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
  readonly #certificate: LaneCertificate;
  readonly #desk: UploadDesk;
  readonly #streamDesk: StreamDesk;
  readonly #roads = new Map<number, LaneRoad>();
  readonly #slots: Slot[] = [];
  readonly #peers = new Map<string, PeerAccount>();
  readonly #fetches = new Map<number, RunningFetch>();
  readonly #stopping = new AbortController();
  /** Starts that failed in a row, by worker. */
  readonly #failedStarts = new Map<number, number>();
  readonly #failed = Promise.withResolvers<never>();
  readonly #served = new Emitter<Served>();
  readonly #peerBytes = new Emitter<{ readonly peerId: string; readonly bytes: number }>();
  readonly onDidServe: Event<Served> = this.#served.event;
  readonly onPeerBytes: Event<{ readonly peerId: string; readonly bytes: number }> = this.#peerBytes.event;
  #nextFetchId = 1;
  #nextStreamId = 1;
  #stopped: Promise<void> | undefined;

  constructor(options: TlsLaneOptions, certificate: LaneCertificate) {
    this.#options = options;
    this.#certificate = certificate;
    this.#failed.promise.catch(() => undefined);
    this.#desk = new UploadDesk({
      clock: options.clock,
      logger: options.logger,
      authorize: options.authorize,
      limits: options.uploadLimits ?? unlimited,
      served: (facts) => this.#served.fire(facts),
    });
    this.#streamDesk = new StreamDesk({ serve: options.serveStream, logger: options.logger });
  }

  async start(): Promise<void> {
    const count = this.#options.workers ?? Math.min(4, Math.max(2, availableParallelism()));
    await Promise.all(Array.from({ length: count }, (_, index) => this.#startWorker(index)));
  }

  async watch(signal: AbortSignal): Promise<void> {
    await Promise.race([whenAborted(signal), this.#failed.promise]);
  }

  offer(): LaneOffer {
    const { listenHosts } = this.#options;
    const wildcards: readonly string[] = listenHosts.filter((host) => host === '0.0.0.0' || host === '::');
    // With both families their ports differ, and whoever dials has to know which is whose.
    const told = (host: string): string => (wildcards.length === 1 && wildcards.includes(host) ? '' : host);
    const addresses = listenHosts.flatMap((host, hostIndex) =>
      this.#slots.map(({ ports }) => ({ host: told(host), port: ports[hostIndex] ?? 0 })),
    );
    return { addresses, fingerprint: this.#certificate.fingerprint };
  }

  async trust(peerId: string, offer: LaneOffer | undefined): Promise<void> {
    const known = this.#peers.get(peerId);
    if (!offer) this.#peers.delete(peerId);
    else if (known?.offer.fingerprint === offer.fingerprint) {
      if (offer.addresses.length > 0) known.offer = offer;
    } else {
      this.#peers.set(peerId, { offer, bytesIn: 0, bytesOut: 0, unreportedBytes: 0, reportedAtMs: -Infinity });
    }
    await Promise.all(this.#slots.map(({ handle }) => handle.ask({ kind: 'trust', peerId, offer })));
  }

  setUploadLimits(limits: UploadLimits): void {
    this.#desk.setLimits(limits);
    for (const { handle } of this.#slots) handle.post({ kind: 'metered', isMetered: this.#desk.isMetered });
  }

  get uploads(): Uploads {
    return this.#desk.uploads;
  }

  traffic(): readonly LaneTraffic[] {
    return Array.from(this.#peers, ([peerId, { bytesIn, bytesOut }]) => ({ peerId, bytesIn, bytesOut }));
  }

  async fetch(request: FetchRequest, listener: FetchListener, { signal }: { signal: AbortSignal }): Promise<void> {
    throwIfAborted(signal);
    throwIfAborted(this.#stopping.signal);
    const workerIndex = this.#freestWorker(request.peerId);
    const fetch = new RunningFetch(this.#nextFetchId, { request, listener, signal, workerIndex });
    this.#nextFetchId += 1;
    const others = Array.from(this.#fetches.values()).filter((other) => other.overlaps(fetch));
    this.#fetches.set(fetch.id, fetch);
    // Before a second copy of a block is on its way, the first one stops writing what is not verified.
    if (others.length > 0) {
      await Promise.all(
        others.map(({ id, workerIndex: at }) => this.#slots[at]?.handle.ask({ kind: 'careful', fetchId: id })),
      );
    }
    if (signal.aborted) this.#settle(fetch.id, new LanspreadError('CANCELLED'));
    const handle = this.#slots[workerIndex]?.handle;
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

  async openStream(peerId: string, request: StreamInstall, { signal }: { signal: AbortSignal }): Promise<ByteRoad> {
    throwIfAborted(signal);
    throwIfAborted(this.#stopping.signal);
    const workerIndex = this.#freestWorker(peerId);
    const handle = this.#slots[workerIndex]?.handle;
    if (!handle || handle.isGone) throw workerDied(undefined);
    const streamId = this.#nextStreamId;
    this.#nextStreamId += 1;
    const road = new LaneRoad({
      streamId,
      workerIndex,
      peerId,
      signal,
      post: (message) => handle.post(message),
      onLeft: () => void this.#roads.delete(streamId),
    });
    this.#roads.set(streamId, road);
    handle.post({ kind: 'open-stream', order: { streamId, peerId, request, memory: road.memory } });
    return road;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped ??= this.#stop();
    await this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort(new LanspreadError('CANCELLED'));
    this.#streamDesk[Symbol.dispose]();
    await Promise.all(this.#slots.map(({ handle }) => handle.stop()));
    for (const road of this.#roads.values()) road.ended(new LanspreadError('CANCELLED'));
    for (const id of Array.from(this.#fetches.keys())) this.#settle(id, new LanspreadError('CANCELLED'));
    this.#desk[Symbol.dispose]();
    this.#served[Symbol.dispose]();
    this.#peerBytes[Symbol.dispose]();
  }

  /** The worker with the fewest fetches from this peer, then with the fewest at all. */
  #freestWorker(peerId: string): number {
    const loads = this.#slots.map(({ handle }) => (handle.isGone ? Number.MAX_SAFE_INTEGER / 2 : 0));
    for (const fetch of [...this.#fetches.values(), ...this.#roads.values()]) {
      const weight = fetch.peerId === peerId ? 1_000 : 1;
      loads[fetch.workerIndex] = (loads[fetch.workerIndex] ?? 0) + weight;
    }
    return loads.indexOf(Math.min(...loads));
  }

  #settle(fetchId: number, error?: unknown): void {
    this.#fetches.get(fetchId)?.settle(error);
    this.#fetches.delete(fetchId);
  }

  /** Resolves when it listens. */
  async #startWorker(index: number): Promise<void> {
    const { certificatePem, privateKeyPem } = this.#certificate;
    const known = this.#slots[index]?.ports;
    const listen = this.#options.listenHosts.map((host, at) => ({ host, port: known?.[at] ?? 0 }));
    const setup: WorkerSetup = { index, certificatePem, privateKeyPem, listen, isMetered: this.#desk.isMetered };
    const started = Promise.withResolvers<void>();
    const slot: Slot = {
      ports: known ?? [],
      handle: new WorkerHandle(setup, {
        onMessage: (message) => {
          if (message.kind === 'listening') {
            slot.ports = message.ports;
            started.resolve();
          } else if (message.kind === 'not-listening') started.reject(errorOf(message.error));
          else this.#handle(index, message);
        },
        onExit: (cause) => {
          started.reject(cause ?? new LanspreadError('INTERNAL', { message: 'A lane worker ended.' }));
          this.#workerGone(index, cause);
        },
      }),
    };
    this.#slots[index] = slot;
    await started.promise;
  }

  #workerGone(index: number, cause: unknown): void {
    this.#desk.workerGone(String(index));
    this.#streamDesk.workerGone(String(index));
    for (const road of this.#roads.values()) if (road.workerIndex === index) road.ended(workerDied(cause));
    for (const fetch of Array.from(this.#fetches.values())) {
      if (fetch.workerIndex === index) this.#settle(fetch.id, workerDied(cause));
    }
    if (this.#stopping.signal.aborted) return;
    this.#options.logger.error({ index, err: cause }, 'lane worker died');
    void this.#restart(index);
  }

  /** A failed start ends in an exit or an error, and either in another try. */
  async #restart(index: number): Promise<void> {
    try {
      const failed = this.#failedStarts.get(index) ?? 0;
      this.#failedStarts.set(index, failed + 1);
      const pauseMs = Math.min(mostRestartPauseMs, restartPauseMs * 2 ** failed);
      await sleep(pauseMs, { signal: this.#stopping.signal, clock: this.#options.clock });
      await this.#startWorker(index);
      this.#failedStarts.delete(index);
      const handle = this.#slots[index]?.handle;
      for (const [peerId, { offer }] of this.#peers) await handle?.ask({ kind: 'trust', peerId, offer });
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.#options.logger.error({ index, err: error }, 'lane worker not started again');
      if ((this.#failedStarts.get(index) ?? 0) >= mostFailedStarts) this.#failed.reject(error);
      await this.#slots[index]?.handle.terminate();
    }
  }

  #handle(index: number, message: FromWorker): void {
    const worker = String(index);
    const post = this.#slots[index]?.handle;
    switch (message.kind) {
      case 'progress':
        for (const progress of message.fetches) this.#fetches.get(progress.fetchId)?.progress(progress);
        for (const traffic of message.traffic) this.#count(traffic);
        break;
      case 'settled':
        this.#settle(message.fetchId, message.error && errorOf(message.error));
        break;
      case 'asked':
        this.#desk.asked(worker, message, (answer) => post?.post(answer));
        break;
      case 'answered':
        this.#desk.answered(worker, message);
        break;
      case 'need':
        this.#desk.need(worker, message, (answer) => post?.post(answer));
        break;
      case 'closed':
        this.#desk.closed(worker, message.connectionId);
        this.#streamDesk.closed(worker, message.connectionId);
        break;
      case 'asked-stream':
        this.#streamDesk.asked(worker, message, (answer) => post?.post(answer));
        break;
      case 'fed':
        this.#streamDesk.fed(worker, message.connectionId);
        break;
      case 'stream-bytes':
        this.#roads.get(message.streamId)?.received(message.place);
        break;
      case 'stream-ended':
        this.#roads.get(message.streamId)?.ended(message.error && errorOf(message.error));
        break;
      case 'log':
        this.#options.logger[message.level](message.facts, message.message);
        break;
      default:
        break;
    }
  }

  #count({ peerId, bytesIn, bytesOut }: PeerTraffic): void {
    const account = this.#peers.get(peerId);
    if (!account) return;
    account.bytesIn += bytesIn;
    account.bytesOut += bytesOut;
    account.unreportedBytes += bytesIn + bytesOut;
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - account.reportedAtMs < signOfLifePeriodMs) return;
    const bytes = account.unreportedBytes;
    account.unreportedBytes = 0;
    account.reportedAtMs = nowMs;
    this.#peerBytes.fire({ peerId, bytes });
  }
}
