import type { Duplex } from 'node:stream';
import {
  createMessageConnection,
  type CancellationToken,
  type Message,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { anySignal, type Clock, type IDisposable } from '../../base/index.ts';
import {
  FrameError,
  LinkFrameReader,
  FrameWriter,
  maxOpenRequests,
  maxRequestsPerSecond,
  maxUnaskedPerSecond,
} from '../wire/index.ts';
import { refusal } from './blame.ts';

export interface LinkOptions {
  readonly pipe: Duplex;
  /** Handlers for requests of the extension, by method. Throw a `LanspreadError` to refuse. */
  readonly requests: ReadonlyMap<string, (params: unknown, signal: AbortSignal) => Promise<object> | object>;
  /** Handlers for its notifications, by method. Throwing counts as a violation. */
  readonly notices: ReadonlyMap<string, (params: unknown) => void>;
  /** Aborts when the process is not to be answered any more. */
  readonly gone: AbortSignal;
  readonly onViolation: (what: string) => void;
  readonly clock: Clock;
  readonly cleanup: DisposableStack;
}

/** The host's end of the line to an extension, with every message counted before it is looked at. */
export function openLink(options: LinkOptions): MessageConnection {
  const { pipe, clock, cleanup, gone, onViolation } = options;
  const traffic = new TrafficCount(clock);
  const reader = new LinkFrameReader(pipe, {
    inspect: (message: Message) => {
      if (traffic.received(message) === 'pass') return;
      reader.hold();
      cleanup.use(clock.timeout(() => reader.release(), traffic.restOfSecondMs, { background: true }));
    },
    onViolation: (error) => onViolation(error.message),
  });
  const writer = new FrameWriter(pipe, { onWritten: (message) => traffic.sent(message) });
  const connection = createMessageConnection(reader, writer);
  for (const [method, handle] of options.requests) {
    connection.onRequest(method, async (params: unknown, token: CancellationToken) => {
      const cancel = new AbortController();
      using _listening = asDisposable(token.onCancellationRequested(() => cancel.abort()));
      try {
        return await handle(params, anySignal(cancel.signal, gone));
      } catch (error) {
        throw refusal(error);
      }
    });
  }
  for (const [method, handle] of options.notices) {
    connection.onNotification(method, (params: unknown) => {
      try {
        handle(params);
      } catch (error) {
        onViolation(error instanceof Error ? error.message : String(error));
      }
    });
  }
  connection.listen();
  return connection;
}

function asDisposable(disposable: { dispose(): void }): IDisposable {
  return { [Symbol.dispose]: () => disposable.dispose() };
}

type Verdict = 'pass' | 'wait';

const maxId = 2 ** 31;

export class TrafficCount {
  readonly #clock: Clock;
  readonly #open = new Set<number>();
  #windowStartedAt = 0;
  #unasked = 0;
  #requests = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** When the next second begins, in milliseconds from now. */
  get restOfSecondMs(): number {
    return Math.max(1, 1_000 - (this.#clock.monotonicMs() - this.#windowStartedAt));
  }

  /** Looks at a message that arrived. `wait`: take this one, but none after it in this second. Throws `FrameError`. */
  received(message: Message): Verdict {
    const now = this.#clock.monotonicMs();
    if (now - this.#windowStartedAt >= 1_000) {
      this.#windowStartedAt = now;
      this.#unasked = 0;
      this.#requests = 0;
    }
    // The reader looked at no more than the outline: these fields may be anything.
    const { id, method, params } = message as { id?: unknown; method?: unknown; params?: unknown };
    if (typeof method === 'string' && id !== undefined) return this.#request(id);
    if (method !== undefined && typeof method !== 'string') throw new FrameError('a message names no method');
    if (method === undefined || method.startsWith('$/')) this.#assertId(method === undefined ? id : idOf(params));
    this.#unasked += 1;
    if (this.#unasked > maxUnaskedPerSecond)
      throw new FrameError(`more than ${maxUnaskedPerSecond} messages a second that nobody asked for`);
    return 'pass';
  }

  /** A message left for the extension. */
  sent(message: Message): void {
    const { id, method } = message as { id?: unknown; method?: unknown };
    if (method === undefined && typeof id === 'number') this.#open.delete(id);
  }

  #request(id: unknown): Verdict {
    const number = this.#assertId(id);
    if (this.#open.has(number)) throw new FrameError('two requests with one id');
    this.#open.add(number);
    if (this.#open.size > maxOpenRequests) throw new FrameError(`more than ${maxOpenRequests} requests at a time`);
    this.#requests += 1;
    return this.#requests < maxRequestsPerSecond ? 'pass' : 'wait';
  }

  #assertId(id: unknown): number {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > maxId)
      throw new FrameError('a message has no proper id');
    return id;
  }
}

function idOf(params: unknown): unknown {
  return typeof params === 'object' && params !== null && 'id' in params ? params.id : undefined;
}
