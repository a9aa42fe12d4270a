import { join, resolve } from 'node:path';
import {
  Emitter,
  nodeFileSystem,
  Semaphore,
  silentLogger,
  type FileSystem,
  type GameId,
  type Logger,
  type SignalOptions,
} from '../base/index.ts';
import type { State } from '../state/index.ts';
import { prepareImport } from './import-catalog.ts';
import { sweepCovers } from './covers.ts';
import { fromRow } from './stored-game.ts';
import type { Catalog, CatalogGame, CatalogImport, CatalogSource } from './types.ts';

export interface OpenCatalogOptions {
  state: Pick<State, 'catalog' | 'directory'>;
  logger?: Logger;
  fileSystem?: FileSystem;
}

const defaultSearchLimit = 200;
const byTitle = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** The catalog of a state directory, as it was imported; empty at first. Throws `STATE_CORRUPT`. */
export function openCatalog(options: OpenCatalogOptions): Catalog {
  return new StoredCatalog(options);
}

class StoredCatalog implements Catalog {
  readonly #state: OpenCatalogOptions['state'];
  readonly #logger: Logger;
  readonly #fileSystem: FileSystem;
  readonly #coversDirectory: string;
  readonly #changed = new Emitter<void>();
  /** Imports and the removal of covers follow one another: they write in the same folders. */
  readonly #oneAtATime = new Semaphore(1);
  #games: ReadonlyMap<string, CatalogGame> = new Map();
  #sorted: readonly CatalogGame[] = [];
  #sources: readonly CatalogSource[] = [];

  readonly onDidChange = this.#changed.event;

  constructor({ state, logger = silentLogger, fileSystem = nodeFileSystem }: OpenCatalogOptions) {
    this.#state = state;
    this.#logger = logger;
    this.#fileSystem = fileSystem;
    this.#coversDirectory = join(state.directory, 'covers');
    this.#load();
  }

  has(id: string): id is GameId {
    return this.#games.has(id);
  }

  get(id: string): CatalogGame | undefined {
    return this.#games.get(id);
  }

  all(): readonly CatalogGame[] {
    return this.#sorted;
  }

  sources(): readonly CatalogSource[] {
    return this.#sources;
  }

  search(query: string, { limit = defaultSearchLimit }: { limit?: number } = {}): readonly CatalogGame[] {
    if (query.trim() === '') return this.#sorted.slice(0, limit);
    return this.#state.catalog.search(query, limit).flatMap((id) => this.#games.get(id) ?? []);
  }

  importFile(path: string, { signal }: SignalOptions = {}): Promise<CatalogImport> {
    return this.#oneAtATime.run(() => this.#import(resolve(path), signal), { signal });
  }

  removeSource(id: string): Promise<void> {
    if (!this.#hasSource(id)) return Promise.resolve();
    this.#state.catalog.removeSource(id);
    this.#publish();
    return this.#oneAtATime.run(() => this.#deleteCovers(id));
  }

  /** Pictures that stay behind take room and do no harm, so a failure is only logged. */
  async #deleteCovers(id: string): Promise<void> {
    // The source may have been imported again meanwhile.
    if (this.#hasSource(id)) return;
    try {
      await this.#fileSystem.deleteTree(join(this.#coversDirectory, id));
    } catch (error) {
      this.#logger.warn({ source: id, error }, 'The covers of a removed catalog could not be deleted.');
    }
  }

  orderSources(ids: readonly string[]): void {
    this.#state.catalog.setOrder(ids);
    this.#publish();
  }

  /** All that can fail comes before the one transaction that replaces the source. */
  async #import(origin: string, signal: AbortSignal | undefined): Promise<CatalogImport> {
    const context = { fileSystem: this.#fileSystem, coversDirectory: this.#coversDirectory, signal };
    const { source, games, coverNames, warnings } = await prepareImport(origin, context);
    const { id, name } = source;
    this.#state.catalog.replaceSource({ ...source, position: this.#positionOf(id) }, games);
    this.#publish();
    for (const warning of warnings) this.#logger.warn({ catalog: name, origin }, warning);
    await this.#sweepCovers(id, coverNames);
    return { ...source, gameCount: games.length, warnings };
  }

  async #sweepCovers(id: string, keep: ReadonlySet<string>): Promise<void> {
    try {
      await sweepCovers(this.#fileSystem, join(this.#coversDirectory, id), keep);
    } catch (error) {
      this.#logger.warn({ source: id, error }, 'Covers that are no longer used could not be deleted.');
    }
  }

  /** The place a source has already, or the last one. */
  #positionOf(id: string): number {
    const sources = this.#state.catalog.sources();
    const present = sources.find((source) => source.id === id);
    return present?.position ?? Math.max(-1, ...sources.map(({ position }) => position)) + 1;
  }

  #hasSource(id: string): boolean {
    return this.#sources.some((source) => source.id === id);
  }

  #publish(): void {
    this.#load();
    this.#changed.fire();
  }

  #load(): void {
    const games = this.#state.catalog.games().map((row) => fromRow(row, this.#coversDirectory));
    games.sort((a, b) => byTitle.compare(a.title, b.title) || (a.id < b.id ? -1 : 1));
    const counts = this.#state.catalog.gameCounts();
    this.#sorted = games;
    this.#games = new Map(games.map((game) => [game.id, game]));
    this.#sources = this.#state.catalog.sources().map(({ id, name, origin, issued, signed }) => {
      return { id, name, origin, issued, signed, gameCount: counts.get(id) ?? 0 };
    });
  }
}
