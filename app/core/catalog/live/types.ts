/** Lists of games that come from a program, page by page, and are asked for again when there is a reason. */
import type { Event, LanspreadError, SignalOptions } from '../../base/index.ts';

/** One call of a live source. */
export interface LiveQuery {
  readonly cursor?: string;
  readonly configuration: unknown;
}

/** Not checked yet. */
export interface LivePage {
  readonly games: readonly unknown[];
  readonly next?: string;
  /** Sentences about games that the source itself left out. */
  readonly warnings?: readonly string[];
}

export interface LiveSourceDefinition {
  /** `publisher.name/source`. */
  readonly id: string;
  readonly label: string;
  /** Another one begins anew. */
  readonly version: string;
  /** False: nothing is asked; what it listed stays. */
  readonly enabled: boolean;
  /** JSON Schema of its configuration; left out: there is nothing to configure. */
  readonly schema?: unknown;
  /** Called before `page` whenever these change: the configured folders that are there now, absolute. */
  readonly grant?: (folders: readonly string[]) => void;
  /** Has its own time limit. */
  readonly page: (query: LiveQuery, options: SignalOptions) => Promise<LivePage>;
}

/**
 * `unconfigured`: something that it needs is not set. `away`: none of its folders is there. `failed`: tried again by
 * itself, with growing pauses; what was listed before stays.
 */
export type LivePhase = 'disabled' | 'unconfigured' | 'away' | 'waiting' | 'refreshing' | 'current' | 'failed';

export interface LiveSourceView {
  readonly id: string;
  readonly label: string;
  readonly phase: LivePhase;
  readonly schema?: unknown;
  readonly configuration?: unknown;
  /** Configured folders that are there. */
  readonly folders: readonly string[];
  /** ISO 8601, of the last success. */
  readonly refreshedAt?: string;
  readonly error?: ReturnType<LanspreadError['toJSON']>;
  /** Sentences about games that were left out of the last list. */
  readonly warnings: readonly string[];
}

/** The operator's configurations, by the id of the source. */
export interface LiveConfigurations {
  get(id: string): unknown;
  set(id: string, configuration: unknown): void;
}

export interface LiveSources extends AsyncDisposable {
  /** All there are: new ones are asked at once, those left out are forgotten with what they listed. */
  set(definitions: readonly LiveSourceDefinition[]): void;
  views(): readonly LiveSourceView[];
  /** Errors: `UNKNOWN_CATALOG`, `BAD_REQUEST` when it does not fit the source's schema. */
  configure(id: string, configuration: unknown): void;
  /** Configurations changed by another way. */
  reconsider(): void;
  /**
   * Asks one source, or all, now. Errors: `UNKNOWN_CATALOG`, `BAD_REQUEST` (nothing configured), those of the source,
   * `CATALOG_INVALID`, `CANCELLED`. What was listed before stays.
   */
  refresh(id?: string, options?: SignalOptions): Promise<void>;
  /** Some view changed. */
  readonly onDidChange: Event<void>;
}
