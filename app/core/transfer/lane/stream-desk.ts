import { LanspreadError, throwIfAborted, type IDisposable, type Logger } from '../../base/index.ts';
import type { StreamInstall } from '../../protocol/index.ts';
import type { ByteOutlet, ServeStream } from '../stream/types.ts';
import type { ToWorker } from './messages.ts';

/** A frame of content and some more. */
const slotBytes = 260 * 1024;
/** What is on its way to a worker or waits in its socket; beyond it the content stands still. */
const slotCount = 8;

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

/**
 * Hands bytes over to a worker, in a ring of slots that both threads see: moving buffers to and fro keeps the collectors
 * of both busy.
 */
class WorkerOutlet implements ByteOutlet {
  readonly #facts: StreamFacts;
  readonly #post: Post;
  readonly #signal: AbortSignal;
  readonly #memory = new SharedArrayBuffer(slotCount * slotBytes);
  #next = 0;
  #inFlight = 0;
  #wake: (() => void) | undefined;

  constructor(facts: StreamFacts, { post, signal }: { post: Post; signal: AbortSignal }) {
    this.#facts = facts;
    this.#post = post;
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#wake?.(), { once: true });
  }

  async write(bytes: Uint8Array): Promise<void> {
    const { connectionId, requestId } = this.#facts;
    for (let at = 0; at < bytes.length; at += slotBytes) {
      while (this.#inFlight === slotCount && !this.#signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#wake = resolve;
        await promise;
      }
      throwIfAborted(this.#signal);
      const part = bytes.subarray(at, at + slotBytes);
      const slot = new Uint8Array(this.#memory, this.#next * slotBytes, part.length);
      slot.set(part);
      this.#next = (this.#next + 1) % slotCount;
      this.#inFlight += 1;
      this.#post({ kind: 'feed', connectionId, requestId, bytes: slot });
    }
  }

  /** The oldest slot in use is free again. */
  fed(): void {
    this.#inFlight -= 1;
    this.#wake?.();
  }

  /** The connection ends behind the last byte. */
  end(): void {
    const { connectionId, requestId } = this.#facts;
    this.#post({ kind: 'feed-end', connectionId, requestId });
  }
}
