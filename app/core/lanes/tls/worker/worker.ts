/** A lane worker's thread: listens, serves, fetches, hashes, writes. Everything it decides by itself is about bytes. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type LanspreadError, toLanspreadError } from '../../../base/index.ts';
import { ClientPool } from './client-pool.ts';
import type { WorkerFetch } from './client-connection.ts';
import { LaneServer } from './lane-server.ts';
import type { ErrorFacts, FetchOrder, FromWorker, ToWorker, WorkerSetup } from '../messages.ts';
import { StreamReceivers } from './stream-receivers.ts';

const checkPeriodMs = 2_000;
const logsPerPeriod = 20;

class LaneWorker {
  readonly #port: MessagePort;
  readonly #setup: WorkerSetup;
  readonly #progress: ProgressReporter;
  readonly #pool: ClientPool;
  readonly #streams: StreamReceivers;
  readonly #server: LaneServer;
  readonly #checks: NodeJS.Timeout;
  #logs = 0;

  constructor(port: MessagePort, setup: WorkerSetup) {
    this.#port = port;
    this.#setup = setup;
    this.#progress = new ProgressReporter((message) => this.#post(message));
    this.#pool = new ClientPool(setup, { firstDial: setup.index });
    this.#streams = new StreamReceivers(setup, {
      received: (peerId, bytes) => this.#progress.receivedOf(peerId, bytes),
      planned: (streamId, plan) => this.#post({ kind: 'stream-plan', streamId, ...plan }),
      wrote: (streamId, bytes) => this.#post({ kind: 'stream-wrote', streamId, bytes }),
      poured: (streamId, hashes) => this.#post({ kind: 'stream-poured', streamId, ...hashes }),
      ended: (streamId, error) => this.#post({ kind: 'stream-ended', streamId, error: error && facts(error) }),
    });
    this.#server = new LaneServer(setup, {
      isMetered: setup.isMetered,
      host: {
        asked: (facts) => this.#post({ kind: 'asked', ...facts }),
        askedStream: (facts) => this.#post({ kind: 'asked-stream', ...facts }),
        fed: (connectionId) => this.#post({ kind: 'fed', connectionId }),
        answered: (facts) => this.#post({ kind: 'answered', ...facts }),
        need: (connectionId, peerId) => this.#post({ kind: 'need', connectionId, peerId }),
        sent: (peerId, bytes) => this.#progress.sent(peerId, bytes),
        closed: (connectionId) => this.#post({ kind: 'closed', connectionId }),
        warn: (facts, message) => this.#warn(facts, message),
        listenerLost: () => dieOf(new Error('a listener of the byte lane closed by itself')),
      },
    });
    this.#checks = setInterval(() => this.#check(), checkPeriodMs);
    port.on('message', (message: ToWorker) => this.#handle(message));
  }

  async start(): Promise<void> {
    try {
      this.#post({ kind: 'listening', ports: await this.#server.listen(this.#setup.listen) });
    } catch (error) {
      this.#post({ kind: 'not-listening', error: facts(toLanspreadError(error, 'IO_ERROR')) });
    }
  }

  #handle(message: ToWorker): void {
    switch (message.kind) {
      case 'trust':
        this.#server.trust(message.peerId, message.offer?.fingerprint);
        this.#pool.setOffer(message.peerId, message.offer);
        this.#streams.setOffer(message.peerId, message.offer);
        return this.#post({ kind: 'done', token: message.token });
      case 'fetch':
        return this.#pool.fetch(this.#fetchOf(message.order));
      case 'careful':
        this.#pool.beCareful(message.fetchId);
        return this.#post({ kind: 'done', token: message.token });
      case 'abort':
        return this.#pool.abort(message.fetchId);
      case 'serve':
        return this.#server.serve(message.connectionId, message.requestId, message);
      case 'refuse':
        return this.#server.serve(message.connectionId, message.requestId, message);
      case 'metered':
        this.#server.isMetered = message.isMetered;
        return undefined;
      case 'grant':
        return this.#server.grant(message.connectionId, message.bytes);
      case 'answer-stream':
        return this.#server.answerStream(message);
      case 'open-stream':
        return this.#streams.open(message.order);
      case 'pour':
        return this.#streams.pour(message.order);
      case 'leave-stream':
        return this.#streams.leave(message.streamId);
      case 'stop':
        return this.#stop();
    }
  }

  #fetchOf(order: FetchOrder): WorkerFetch {
    return {
      order,
      attempts: 0,
      isCareful: order.isCareful,
      onBytes: (count) => this.#progress.received(order, count),
      onBlock: (block, sound) => this.#progress.block(order, block, sound),
      settle: (error) => {
        this.#progress.flush();
        this.#post({ kind: 'settled', fetchId: order.id, error: error && facts(error) });
      },
    };
  }

  #check(): void {
    this.#logs = 0;
    const nowMs = performance.now();
    this.#pool.check(nowMs);
    this.#server.check(nowMs);
  }

  #stop(): void {
    clearInterval(this.#checks);
    this.#pool.close();
    this.#streams.close();
    this.#server.close();
    this.#progress.flush();
    this.#port.close();
  }

  /** Strangers can cause these at will, so only a few pass. */
  #warn(details: object, message: string): void {
    this.#logs += 1;
    if (this.#logs <= logsPerPeriod) this.#post({ kind: 'log', level: 'warn', facts: details, message });
  }

  #post(message: FromWorker): void {
    this.#port.postMessage(message);
  }
}

/** A worker that cannot listen any more is of no use: the main thread starts another one in its place. */
function dieOf(error: Error): void {
  setImmediate(() => {
    throw error;
  });
}

function facts({ code, message, details }: LanspreadError): ErrorFacts {
  return { code, message, details };
}

/** At most this often a worker tells how far it is, in milliseconds. */
const periodMs = 100;

/** Gathers what happened in a worker, so that the main thread gets few messages however small the blocks are. */
class ProgressReporter {
  readonly #post: (message: FromWorker) => void;
  readonly #fetches = new Map<number, { bytes: number; blocks: number[] }>();
  readonly #traffic = new Map<string, { bytesIn: number; bytesOut: number }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(post: (message: FromWorker) => void) {
    this.#post = post;
  }

  received(order: FetchOrder, count: number): void {
    this.#of(order.id).bytes += count;
    this.receivedOf(order.peerId, count);
  }

  /** Bytes that belong to no fetch. */
  receivedOf(peerId: string, count: number): void {
    this.#trafficOf(peerId).bytesIn += count;
  }

  block(order: FetchOrder, block: number, sound: boolean): void {
    this.#of(order.id).blocks.push(sound ? block : ~block);
  }

  sent(peerId: string, bytes: number): void {
    this.#trafficOf(peerId).bytesOut += bytes;
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#fetches.size === 0 && this.#traffic.size === 0) return;
    this.#post({
      kind: 'progress',
      fetches: Array.from(this.#fetches, ([fetchId, facts]) => ({ fetchId, ...facts })),
      traffic: Array.from(this.#traffic, ([peerId, facts]) => ({ peerId, ...facts })),
    });
    this.#fetches.clear();
    this.#traffic.clear();
  }

  #of(fetchId: number): { bytes: number; blocks: number[] } {
    this.#timer ??= setTimeout(() => this.flush(), periodMs);
    let facts = this.#fetches.get(fetchId);
    if (!facts) this.#fetches.set(fetchId, (facts = { bytes: 0, blocks: [] }));
    return facts;
  }

  #trafficOf(peerId: string): { bytesIn: number; bytesOut: number } {
    this.#timer ??= setTimeout(() => this.flush(), periodMs);
    let facts = this.#traffic.get(peerId);
    if (!facts) this.#traffic.set(peerId, (facts = { bytesIn: 0, bytesOut: 0 }));
    return facts;
  }
}

if (!parentPort) throw new Error('the lane worker runs as a worker thread');
// The main thread of the same program started this one with a WorkerSetup.
await new LaneWorker(parentPort, workerData as WorkerSetup).start();
