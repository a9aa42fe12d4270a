import {
  keepBytes,
  LanspreadError,
  throwIfAborted,
  type IDisposable,
  type KeptBytes,
  type Logger,
} from '../../base/index.ts';
import type { StreamInstall } from '../../protocol/index.ts';
import type { ByteOutlet, ServeStream } from '../stream/types.ts';
import type { ToWorker } from './messages.ts';

const slotBytes = 256 * 1024;
/** What is on its way to a worker or waits in its socket; beyond it the content stands still. */
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
        this.#running.delete(key);
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

/** What a worker is given at a time. */
interface Feed {
  readonly slot: number;
  copiedBytes: number;
  readonly parts: Uint8Array<SharedArrayBuffer>[];
  readonly kept: KeptBytes[];
}

/**
 * Hands bytes over to a worker where they lie, or in a ring of slots that both threads see: moving buffers to and fro keeps
 * the collectors of both busy.
 */
class WorkerOutlet implements ByteOutlet {
  readonly #facts: StreamFacts;
  readonly #post: Post;
  readonly #signal: AbortSignal;
  readonly #memory = new SharedArrayBuffer(slotCount * slotBytes);
  #slot = 0;
  /** Oldest first. */
  readonly #inFlight: Feed[] = [];
  #wake: (() => void) | undefined;

  constructor(facts: StreamFacts, { post, signal }: { post: Post; signal: AbortSignal }) {
    this.#facts = facts;
    this.#post = post;
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#wake?.(), { once: true });
  }

  async write(...parts: readonly Uint8Array[]): Promise<void> {
    let feed = await this.#begin();
    for (const part of parts) {
      const kept = part.length >= worthKeepingBytes ? keepBytes(part) : undefined;
      if (kept) {
        feed.parts.push(kept.bytes);
        feed.kept.push(kept);
        continue;
      }
      for (let at = 0; at < part.length; ) {
        if (feed.copiedBytes === slotBytes) {
          this.#feed(feed);
          feed = await this.#begin();
        }
        const bytes = part.subarray(at, at + slotBytes - feed.copiedBytes);
        const place = new Uint8Array(this.#memory, feed.slot * slotBytes + feed.copiedBytes, bytes.length);
        place.set(bytes);
        feed.parts.push(place);
        feed.copiedBytes += bytes.length;
        at += bytes.length;
      }
    }
    this.#feed(feed);
  }

  /** The worker is through with what it was given first. */
  fed(): void {
    for (const { release } of this.#inFlight.shift()?.kept ?? []) release();
    this.#wake?.();
  }

  /** The next slot, once it is free. Errors: the signal's. */
  async #begin(): Promise<Feed> {
    while (this.#inFlight.length === slotCount && !this.#signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
    throwIfAborted(this.#signal);
    this.#slot = (this.#slot + 1) % slotCount;
    return { slot: this.#slot, copiedBytes: 0, parts: [], kept: [] };
  }

  #feed(feed: Feed): void {
    // Of nothing the worker would never say that it was written.
    if (feed.parts.length === 0) return;
    const { connectionId, requestId } = this.#facts;
    this.#inFlight.push(feed);
    this.#post({ kind: 'feed', connectionId, requestId, parts: feed.parts });
  }

  /** The connection ends behind the last byte. */
  end(): void {
    const { connectionId, requestId } = this.#facts;
    this.#post({ kind: 'feed-end', connectionId, requestId });
  }
}
