/** Counts what an extension sends, so that a flood ends with its process and not in our memory. */
import type { Message } from 'vscode-jsonrpc/node';
import type { Clock } from '../../base/index.ts';
import { FrameError, maxOpenRequests, maxRequestsPerSecond, maxUnaskedPerSecond } from '../wire/index.ts';

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
