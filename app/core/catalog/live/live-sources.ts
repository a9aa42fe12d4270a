import {
  Emitter,
  LanspreadError,
  nodeFileSystem,
  silentLogger,
  systemClock,
  type Clock,
  type FileSystem,
  type Logger,
  type SignalOptions,
} from '../../base/index.ts';
import type { Catalog } from '../types.ts';
import { parseConfiguration } from './configuration.ts';
import { defaultLookEveryMs, isOriginOf, LiveSource } from './live-source.ts';
import type { LiveConfigurations, LiveSourceDefinition, LiveSources, LiveSourceView } from './types.ts';

interface LiveSourcesOptions {
  readonly catalog: Pick<Catalog, 'sources' | 'storePulled' | 'removeSource'>;
  readonly configurations: LiveConfigurations;
  readonly fileSystem?: FileSystem;
  readonly clock?: Clock;
  /** How often folders are looked at, in milliseconds. */
  readonly lookEveryMs?: number;
  readonly logger?: Logger;
}

export function createLiveSources(options: LiveSourcesOptions): LiveSources {
  return new RunningSources(options);
}

const prefix = 'extension:';

class RunningSources implements LiveSources {
  readonly #options: LiveSourcesOptions;
  readonly #logger: Logger;
  readonly #sources = new Map<string, LiveSource>();
  readonly #ending = new Set<Promise<void>>();
  readonly #changed = new Emitter<void>();
  readonly onDidChange = this.#changed.event;
  #disposed = false;

  constructor(options: LiveSourcesOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
  }

  set(definitions: readonly LiveSourceDefinition[]): void {
    if (this.#disposed) return;
    const next = new Map(definitions.map((definition) => [definition.id, definition]));
    for (const [id, source] of this.#sources) {
      if (isSame(source.definition, next.get(id))) continue;
      this.#sources.delete(id);
      this.#end(source);
    }
    for (const definition of definitions) this.#start(definition);
    for (const { id, origin } of this.#options.catalog.sources()) {
      const isKnown = definitions.some((definition) => isOriginOf(definition.id, origin));
      if (origin.startsWith(prefix) && !isKnown) void this.#options.catalog.removeSource(id);
    }
    this.#changed.fire();
  }

  views(): readonly LiveSourceView[] {
    return [...this.#sources.values()].map((source) => source.view());
  }

  configure(id: string, configuration: unknown): void {
    const { definition } = this.#find(id);
    parseConfiguration(definition.schema, configuration);
    this.#options.configurations.set(id, configuration);
    this.reconsider();
  }

  reconsider(): void {
    for (const source of this.#sources.values()) source.poke();
  }

  async refresh(id?: string, options: SignalOptions = {}): Promise<void> {
    if (id !== undefined) return await this.#find(id).refresh(options);
    const ready = [...this.#sources.values()].filter(
      (source) => !['disabled', 'unconfigured', 'away'].includes(source.view().phase),
    );
    const outcomes = await Promise.allSettled(ready.map((source) => source.refresh(options)));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    for (const source of this.#sources.values()) this.#end(source);
    this.#sources.clear();
    await Promise.all(this.#ending);
    this.#changed[Symbol.dispose]();
  }

  #find(id: string): LiveSource {
    const source = this.#sources.get(id);
    if (source) return source;
    throw new LanspreadError('UNKNOWN_CATALOG', {
      message: `No extension has a catalog source ${JSON.stringify(id.slice(0, 100))}.`,
    });
  }

  #start(definition: LiveSourceDefinition): void {
    const { id } = definition;
    if (this.#sources.has(id)) return;
    const { catalog, configurations, fileSystem = nodeFileSystem, clock = systemClock } = this.#options;
    const { lookEveryMs = defaultLookEveryMs } = this.#options;
    const source = new LiveSource(definition, {
      catalog,
      fileSystem,
      clock,
      lookEveryMs,
      logger: this.#logger,
      configuration: () => configurations.get(id),
      onDidChange: () => this.#changed.fire(),
    });
    this.#sources.set(id, source);
  }

  #end(source: LiveSource): void {
    const ending = source[Symbol.asyncDispose]().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}

function isSame(one: LiveSourceDefinition, other: LiveSourceDefinition | undefined): boolean {
  if (!other) return false;
  const facts = ({ id, label, version, enabled, schema }: LiveSourceDefinition): string =>
    JSON.stringify([id, label, version, enabled, schema]);
  return facts(one) === facts(other);
}
