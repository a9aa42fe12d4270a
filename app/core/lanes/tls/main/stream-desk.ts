import { keepBytes, LanspreadError, throwIfAborted, type IDisposable, type Logger } from '../../../base/index.ts';
import type { StreamInstall, StreamMessage, StreamReply } from '../../../protocol/index.ts';
import { messageFrame, type SectionSizes } from '../../../streamed/index.ts';
import type { ServeStream, StreamOutlet } from '../../../streamed/index.ts';
import type { StreamStep, ToWorker } from '../messages.ts';

const slotBytes = 512 * 1024;
/** The most bytes on their way to a worker or waiting in its socket; beyond it the content pauses. */
const slotCount = 6;
/** Less is copied: there is no saving in keeping it. */
const worthKeepingBytes = 32 * 1024;

type Post = (message: ToWorker) => void;

interface StreamFacts {
  readonly connectionId: number;
  readonly requestId: number;
  readonly peerId: string;
}

/** Where workers bring peers' requests for streams: the content is made in this thread and handed to the worker's socket. */
export class StreamDesk implements IDisposable {
  readonly #serve: ServeStream | undefined;
  readonly #logger: Logger;
  readonly #running = new Map<string, { readonly stop: AbortController; readonly outlet: WorkerOutlet }>();

  constructor({ serve, logger }: { serve: ServeStream | undefined; logger: Logger }) {
    this.#serve = serve;
    this.#logger = logger;
  }

  /** `worker` names the worker; `post` answers it. */
  asked(worker: string, facts: StreamFacts & { readonly request: StreamInstall }, post: Post): void {
    const key = `${worker} ${facts.connectionId}`;
    const { peerId, request } = facts;
    const stop = new AbortController();
    const outlet = new WorkerOutlet(facts, { post, signal: stop.signal });
    this.#running.set(key, { stop, outlet });
    const serving = this.#serve?.(request, { peerId, outlet, signal: stop.signal }) ?? Promise.resolve();
    void serving
      .catch((error: unknown) => this.#logger.debug({ peerId, err: error }, 'a stream ended early'))
      .finally(() => {
        // A worker that is started anew counts from the beginning.
        if (this.#running.get(key)?.outlet === outlet) this.#running.delete(key);
        outlet.end();
      });
  }

  /** The worker's socket took some. */
  fed(worker: string, connectionId: number): void {
    this.#running.get(`${worker} ${connectionId}`)?.outlet.fed();
  }

  /** The receiver is gone: what unpacks for it stops. */
  closed(worker: string, connectionId: number): void {
    this.#running
      .get(`${worker} ${connectionId}`)
      ?.stop.abort(new LanspreadError('PEER_GONE', { message: 'The receiver is gone.' }));
  }

  /** Forgets what a dead worker had open. */
  workerGone(worker: string): void {
    for (const [key, { stop }] of this.#running)
      if (key.startsWith(`${worker} `))
        stop.abort(new LanspreadError('PEER_GONE', { message: 'The lane worker died.' }));
  }

  [Symbol.dispose](): void {
    for (const { stop } of this.#running.values()) stop.abort(new LanspreadError('CANCELLED'));
  }
}

/**
 * Hands a stream over to a worker, where it lies or in a ring of slots that both threads see: moving buffers to and fro keeps
 * the collectors of both busy.
 */
class WorkerOutlet implements StreamOutlet {
  readonly #facts: StreamFacts;
  readonly #post: Post;
  readonly #signal: AbortSignal;
  readonly #memory = new SharedArrayBuffer(slotCount * slotBytes);
  #slot = 0;
  /** Called when the worker is through with each feed, oldest first. */
  readonly #inFlight: (() => void)[] = [];
  #wake: (() => void) | undefined;

  constructor(facts: StreamFacts, { post, signal }: { post: Post; signal: AbortSignal }) {
    this.#facts = facts;
    this.#post = post;
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#wake?.(), { once: true });
  }

  async say(message: StreamMessage | StreamReply): Promise<void> {
    await this.#copy(messageFrame(message), undefined);
  }

  expect(sizes: SectionSizes): void {
    this.#step({ kind: 'expect', sizes });
  }

  async content(section: number, bytes: Uint8Array): Promise<void> {
    await this.#room();
    const kept = bytes.length >= worthKeepingBytes ? keepBytes(bytes) : undefined;
    if (kept) this.#feed(kept.bytes, { section, release: kept.release });
    else await this.#copy(bytes, section);
  }

  async endSection(section: number): Promise<void> {
    await this.#room();
    this.#inFlight.push(() => {});
    this.#step({ kind: 'end-section', section });
  }

  /** The worker is through with what it was given first. */
  fed(): void {
    this.#inFlight.shift()?.();
    this.#wake?.();
  }

  /** The connection ends behind the last byte. */
  end(): void {
    this.#step({ kind: 'end' });
  }

  async #copy(bytes: Uint8Array, section: number | undefined): Promise<void> {
    for (let at = 0; at < bytes.length; at += slotBytes) {
      await this.#room();
      const some = bytes.subarray(at, at + slotBytes);
      this.#slot = (this.#slot + 1) % slotCount;
      const place = new Uint8Array(this.#memory, this.#slot * slotBytes, some.length);
      place.set(some);
      this.#feed(place, { section });
    }
  }

  /** Waits until there is room, a slot among it. Errors: the signal's. */
  async #room(): Promise<void> {
    while (this.#inFlight.length === slotCount && !this.#signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
    throwIfAborted(this.#signal);
  }

  #feed(
    bytes: Uint8Array<SharedArrayBuffer>,
    { section, release = () => {} }: { section: number | undefined; release?: () => void },
  ): void {
    this.#inFlight.push(release);
    this.#step({ kind: 'feed', bytes, section });
  }

  #step(step: StreamStep): void {
    const { connectionId, requestId } = this.#facts;
    this.#post({ kind: 'answer-stream', connectionId, requestId, step });
  }
}
