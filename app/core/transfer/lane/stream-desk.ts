import { LanspreadError, type IDisposable, type Logger } from '../../base/index.ts';
import type { StreamInstall } from '../../protocol/index.ts';
import type { ByteOutlet, ServeStream } from '../stream/types.ts';
import type { ToWorker } from './messages.ts';

/** Bytes that are on their way to a worker or wait in its socket; beyond them the content stands still. */
const windowBytes = 2 * 1024 * 1024;
/** A frame of content and some more. */
const bufferBytes = 260 * 1024;

type Post = (message: ToWorker, transfer?: readonly ArrayBuffer[]) => void;

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
  fed(
    worker: string,
    { connectionId, bytes, buffer }: { connectionId: number; bytes: number; buffer: ArrayBuffer },
  ): void {
    this.#running.get(`${worker} ${connectionId}`)?.outlet.fed(bytes, buffer);
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

/** Hands bytes over to a worker, in buffers that come back. */
class WorkerOutlet implements ByteOutlet {
  readonly #facts: StreamFacts;
  readonly #post: Post;
  readonly #signal: AbortSignal;
  readonly #free: ArrayBuffer[] = [];
  #inFlightBytes = 0;
  #wake: (() => void) | undefined;

  constructor(facts: StreamFacts, { post, signal }: { post: Post; signal: AbortSignal }) {
    this.#facts = facts;
    this.#post = post;
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#wake?.(), { once: true });
  }

  async write(bytes: Uint8Array): Promise<void> {
    while (this.#inFlightBytes >= windowBytes && !this.#signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
    if (this.#signal.aborted) throw this.#signal.reason;
    const spare = bytes.length <= bufferBytes ? this.#free.pop() : undefined;
    const buffer = spare ?? new ArrayBuffer(Math.max(bufferBytes, bytes.length));
    const copy = new Uint8Array(buffer, 0, bytes.length);
    copy.set(bytes);
    this.#inFlightBytes += bytes.length;
    const { connectionId, requestId } = this.#facts;
    this.#post({ kind: 'feed', connectionId, requestId, bytes: copy }, [buffer]);
  }

  fed(bytes: number, buffer: ArrayBuffer): void {
    this.#inFlightBytes -= bytes;
    if (buffer.byteLength === bufferBytes) this.#free.push(buffer);
    this.#wake?.();
  }

  /** After an abort the connection is cut, else it ends behind the last byte. */
  end(): void {
    const { connectionId, requestId } = this.#facts;
    this.#post({ kind: 'feed-end', connectionId, requestId });
  }
}
