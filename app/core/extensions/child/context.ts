import type {
  CatalogSource,
  Context,
  FetchInit,
  FetchResult,
  Json,
  KeyValue,
  Logger,
  Unpacker,
} from '../../../extension-api/index.ts';
import { notices, toHost, type ActivateParams } from '../wire/index.ts';
import type { HostLink } from './host-link.ts';

const maxLogLength = 2_000;
const logLinesPerSecond = 100;

/** The implementations that the extension registered, by the manifest's ids. */
export class Registry<T> {
  readonly #what: string;
  readonly #allowed: readonly string[];
  readonly #registered = new Map<string, T>();

  constructor(what: string, allowed: readonly string[]) {
    this.#what = what;
    this.#allowed = allowed;
  }

  add(id: string, value: T): Disposable {
    if (!this.#allowed.includes(id)) throw new Error(`the manifest contributes no ${this.#what} ${JSON.stringify(id)}`);
    if (this.#registered.has(id)) throw new Error(`the ${this.#what} ${JSON.stringify(id)} is registered already`);
    this.#registered.set(id, value);
    return { [Symbol.dispose]: () => void this.#registered.delete(id) };
  }

  get(id: string): T {
    const value = this.#registered.get(id);
    if (!value)
      throw new Error(
        `activate did not register the ${this.#what} ${JSON.stringify(id)} that the manifest contributes`,
      );
    return value;
  }
}

export interface Registries {
  readonly unpackers: Registry<Unpacker>;
  readonly catalogSources: Registry<CatalogSource>;
}

export function makeContext(link: HostLink, params: ActivateParams, registries: Registries): Context {
  return {
    extensionId: params.extensionId,
    directory: params.directory,
    storage: storageOf(link),
    log: loggerOf(link),
    subscriptions: [],
    registerUnpacker: (id, unpacker) => registries.unpackers.add(id, unpacker),
    registerCatalogSource: (id, source) => registries.catalogSources.add(id, source),
    fetch: (url, init) => fetchThrough(link, url, init),
  };
}

function storageOf(link: HostLink): KeyValue {
  const ask = (params: object): Promise<Record<string, unknown>> => link.ask(toHost.storage, params);
  return {
    // The host keeps what `set` was given: JSON.
    get: async (key) => (await ask({ action: 'get', key }))['value'] as Json | undefined,
    set: async (key, value) => void (await ask({ action: 'set', key, value })),
    delete: async (key) => void (await ask({ action: 'delete', key })),
    keys: async () => (await ask({ action: 'keys' }))['keys'] as string[],
  };
}

/** Beyond 100 lines a second, lines are counted and left out: the host cuts off who floods it. */
function loggerOf(link: HostLink): Logger {
  let second = 0;
  let lines = 0;
  const log = (level: string, message: string, facts: Record<string, Json> = {}): void => {
    const now = Math.floor(performance.now() / 1_000);
    if (now !== second) {
      const leftOut = lines - logLinesPerSecond;
      if (leftOut > 0) link.tell(notices.log, { level: 'warn', message: `${leftOut} lines were left out`, facts: {} });
      second = now;
      lines = 0;
    }
    lines += 1;
    if (lines <= logLinesPerSecond)
      link.tell(notices.log, { level, message: String(message).slice(0, maxLogLength), facts });
  };
  return {
    debug: (message, facts) => log('debug', message, facts),
    info: (message, facts) => log('info', message, facts),
    warn: (message, facts) => log('warn', message, facts),
    error: (message, facts) => log('error', message, facts),
  };
}

async function fetchThrough(link: HostLink, url: string, init: FetchInit = {}): Promise<FetchResult> {
  const { signal, body, ...rest } = init;
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const answer = await link.ask(toHost.fetch, { url, ...rest, ...(bytes && { bytes }) }, signal);
  // The host's own answer: what is left of it are pieces to fetch one after the other.
  const facts = answer as unknown as { fetchId: number; status: number; url: string; headers: Record<string, string> };
  const pieces: Uint8Array[] = [];
  for (;;) {
    const piece = (await link.ask(toHost.fetch, { fetchId: facts.fetchId }, signal))['bytes'];
    if (!(piece instanceof Uint8Array)) break;
    pieces.push(piece);
  }
  const content = new Uint8Array(Buffer.concat(pieces));
  const text = async (): Promise<string> => new TextDecoder().decode(content);
  return {
    status: facts.status,
    ok: facts.status >= 200 && facts.status < 300,
    url: facts.url,
    headers: facts.headers,
    bytes: async () => content,
    text,
    json: async () => JSON.parse(await text()) as Json,
  };
}
