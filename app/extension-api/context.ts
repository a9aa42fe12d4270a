import type { Json } from './call.ts';
import type { CatalogSource } from './catalog.ts';
import type { Unpacker } from './unpacker.ts';

/** What an extension's main module exports, by name or as its default. */
export interface Extension {
  /** Called once, within 10 seconds: registers what the manifest contributes. */
  activate(context: Context): void | Promise<void>;
  /** Called before the process ends, when it can be; has 5 seconds. `context.subscriptions` are disposed afterwards. */
  deactivate?(): void | Promise<void>;
}

export interface Context {
  /** `publisher.name`. */
  readonly extensionId: string;
  /** The extension's own folder, absolute. It can be read, not written. */
  readonly directory: string;
  /** Kept from one start to the next, and when the extension is updated. */
  readonly storage: KeyValue;
  /** Lines in the launcher's log, marked with the extension's id. */
  readonly log: Logger;
  /** Disposed, last first, after `deactivate`. */
  readonly subscriptions: Disposable[];
  /** The implementation of `contributes.unpackers[].id`. Throws when the manifest has no such id. */
  registerUnpacker(id: string, unpacker: Unpacker): Disposable;
  /** The implementation of `contributes.catalogSources[].id`. Throws when the manifest has no such id. */
  registerCatalogSource(id: string, source: CatalogSource): Disposable;
  /**
   * Asks a host of `permissions.net`; the launcher does it. Redirects are followed only within these hosts. Rejects for
   * any other host, after 30 seconds, and when the answer is over 16 MiB.
   */
  fetch(url: string, init?: FetchInit): Promise<FetchResult>;
}

/** At most 1 MiB in all, as JSON. */
export interface KeyValue {
  get(key: string): Promise<Json | undefined>;
  set(key: string, value: Json): Promise<void>;
  delete(key: string): Promise<void>;
  keys(): Promise<readonly string[]>;
}

export interface Logger {
  debug(message: string, facts?: { readonly [name: string]: Json }): void;
  info(message: string, facts?: { readonly [name: string]: Json }): void;
  warn(message: string, facts?: { readonly [name: string]: Json }): void;
  error(message: string, facts?: { readonly [name: string]: Json }): void;
}

export interface FetchInit {
  /** Default: `GET`. */
  readonly method?: 'GET' | 'HEAD' | 'POST';
  readonly headers?: { readonly [name: string]: string };
  /** At most 1 MiB. */
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
}

export interface FetchResult {
  readonly status: number;
  readonly ok: boolean;
  /** The address that answered, after redirects. */
  readonly url: string;
  /** By name in lower case. */
  readonly headers: { readonly [name: string]: string };
  bytes(): Promise<Uint8Array>;
  text(): Promise<string>;
  json(): Promise<Json>;
}
