import { anySignal, LanspreadError, throwIfAborted } from '../../base/index.ts';
import { fetchLimitMs, maxFetchBytes, maxPieceBytes } from '../wire/index.ts';

const maxRedirects = 5;
const maxWaiting = 4;
const maxHeadersLength = 64 * 1024;

interface FetchRequest {
  readonly url: string;
  readonly method?: 'GET' | 'HEAD' | 'POST' | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Uint8Array | undefined;
}

interface FetchAnswer {
  readonly fetchId: number;
  readonly status: number;
  readonly url: string;
  readonly headers: Record<string, string>;
}

function refuse(message: string): LanspreadError {
  return new LanspreadError('PERMISSION_DENIED', { message });
}

/** Asks hosts for an extension: those it may, and no others. Answers are kept until they are taken in pieces. */
export class Fetcher {
  readonly #origins: ReadonlySet<string>;
  readonly #waiting = new Map<number, Uint8Array>();
  #lastId = 0;

  constructor(origins: readonly string[]) {
    this.#origins = new Set(origins);
  }

  async fetch(request: FetchRequest, { signal }: { signal: AbortSignal }): Promise<FetchAnswer> {
    if (this.#waiting.size >= maxWaiting) throw refuse('Too many answers wait to be taken.');
    const both = anySignal(signal, AbortSignal.timeout(fetchLimitMs));
    const response = await this.#follow(request, both);
    const content = await readLimited(response);
    const fetchId = (this.#lastId += 1);
    this.#waiting.set(fetchId, content);
    const headers = Object.fromEntries(response.headers);
    if (JSON.stringify(headers).length > maxHeadersLength) throw refuse('The answer has too many headers.');
    return { fetchId, status: response.status, url: response.url, headers };
  }

  /** The next piece of an answer; undefined at its end. */
  take(fetchId: number): Uint8Array | undefined {
    const rest = this.#waiting.get(fetchId);
    if (!rest || rest.length === 0) {
      this.#waiting.delete(fetchId);
      return undefined;
    }
    this.#waiting.set(fetchId, rest.subarray(maxPieceBytes));
    return rest.subarray(0, maxPieceBytes);
  }

  async #follow({ method = 'GET', headers = {}, body, url }: FetchRequest, signal: AbortSignal): Promise<Response> {
    let target = this.#allowed(url, undefined);
    for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
      throwIfAborted(signal);
      const response = await fetch(target, {
        method,
        headers,
        redirect: 'manual',
        credentials: 'omit',
        signal,
        ...(body && { body: Buffer.from(body) }),
      });
      const location = response.headers.get('location');
      if (response.status < 300 || response.status > 399 || location === null) return response;
      await response.body?.cancel();
      if (method === 'POST') throw refuse('A POST is not sent on to another address.');
      target = this.#allowed(location, target);
    }
    throw refuse(`More than ${maxRedirects} redirects.`);
  }

  #allowed(address: string, base: string | undefined): string {
    if (!URL.canParse(address, base)) throw refuse(`${JSON.stringify(address.slice(0, 200))} is no address.`);
    const url = new URL(address, base);
    if (!this.#origins.has(url.origin) || url.username !== '' || url.password !== '')
      throw refuse(`${url.origin} is not among the hosts that the extension may ask.`);
    return url.href;
  }
}

async function readLimited(response: Response): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let haveBytes = 0;
  if (!response.body) return new Uint8Array(0);
  for await (const piece of response.body) {
    haveBytes += piece.length;
    // Leaving the loop cancels the rest.
    if (haveBytes > maxFetchBytes) throw refuse(`The answer has more than ${maxFetchBytes} bytes.`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
