import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  Emitter,
  LanspreadError,
  nodeFileSystem,
  Semaphore,
  silentLogger,
  type FileSystem,
  type GameId,
  type Logger,
  type SignalOptions,
} from '../base/index.ts';
import type { CatalogGameRow, CatalogSourceRow, State } from '../state/index.ts';
import { Trust } from '../trust/index.ts';
import { prepareImport, preparePulled, type ImportContext, type PreparedImport } from './import-catalog.ts';
import { sweepCovers } from './covers.ts';
import { signerOf, standingOf, stepsBack, type Standing, type CatalogTrust } from './standing.ts';
import { TitleSearch } from './search/title-search.ts';
import { fromRow } from './stored-game.ts';
import type { Catalog, CatalogFindings, CatalogGame, CatalogImport, CatalogSource, PulledSource } from './types.ts';

interface OpenCatalogOptions {
  state: Pick<State, 'catalog' | 'directory'>;
  /** Whose signatures count. Default: nobody's. */
  trust?: CatalogTrust;
  /** Whether only signed catalogs are in use. Default: no. */
  requireSigned?: () => boolean;
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
  readonly #trust: CatalogTrust;
  readonly #requireSigned: () => boolean;
  readonly #logger: Logger;
  readonly #fileSystem: FileSystem;
  readonly #coversDirectory: string;
  readonly #changed = new Emitter<void>();
  /** Imports and the removal of covers follow one another: they write in the same folders. */
  readonly #oneAtATime = new Semaphore(1);
  #games: ReadonlyMap<string, CatalogGame> = new Map();
  #sorted: readonly CatalogGame[] = [];
  #titles: TitleSearch | undefined;
  #sources: readonly CatalogSource[] = [];

  readonly onDidChange = this.#changed.event;

  constructor(options: OpenCatalogOptions) {
    const { state, logger = silentLogger, fileSystem = nodeFileSystem } = options;
    this.#state = state;
    this.#trust = options.trust ?? new Trust({ directories: [] });
    this.#requireSigned = options.requireSigned ?? (() => false);
    this.#logger = logger;
    this.#fileSystem = fileSystem;
    this.#coversDirectory = join(state.directory, 'covers');
    this.#state.catalog.setStanding(this.#standings());
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
    return this.find(query, { limit }).games;
  }

  find(query: string, { limit = defaultSearchLimit }: { limit?: number } = {}): CatalogFindings {
    if (query.trim() === '') return { games: this.#sorted.slice(0, limit) };
    // Built at the first search, because catalogs change more often than they are searched.
    this.#titles ??= new TitleSearch(this.#sorted);
    const { found, meant } = this.#titles.search(query, limit);
    const byName = found.flatMap((index) => this.#sorted[index] ?? []);
    if (byName.length >= limit) return { games: byName };
    const byText = this.#state.catalog.search(query, limit).flatMap((id) => this.#games.get(id) ?? []);
    // An exact match in a text beats a similar name.
    const inOrder = meant === undefined ? [...byName, ...byText] : [...byText, ...byName];
    const games = [...new Set(inOrder)].slice(0, limit);
    return meant === undefined || byText.length > 0 ? { games } : { games, meant };
  }

  importFile(path: string, { signal }: SignalOptions = {}): Promise<CatalogImport> {
    return this.#oneAtATime.run(() => this.#import(resolve(path), signal), { signal });
  }

  storePulled(source: PulledSource, { signal }: SignalOptions = {}): Promise<CatalogImport> {
    return this.#oneAtATime.run(
      async () => await this.#store(await preparePulled(source, this.#importContext(signal))),
      { signal },
    );
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

  reconsider(): void {
    const standings = this.#standings();
    this.#state.catalog.setStanding(standings);
    const isNews = this.#sources.some(({ id, signed, inUse }) => {
      const now = standings.get(id);
      return now?.signed !== signed || now.inUse !== inUse;
    });
    if (isNews) this.#publish();
  }

  #standings(): Map<string, Standing> {
    const rules = { trust: this.#trust, requireSigned: this.#requireSigned() };
    return new Map(this.#state.catalog.sources().map((source) => [source.id, standingOf(source, rules)]));
  }

  async #import(origin: string, signal: AbortSignal | undefined): Promise<CatalogImport> {
    // A key that was just laid beside the others counts.
    await this.#trust.load();
    this.reconsider();
    const prepared = await prepareImport(origin, this.#importContext(signal));
    const former = this.#sources.find(({ id }) => id === prepared.source.id);
    return await this.#store({ ...prepared, warnings: [...prepared.warnings, ...stepsBack(former, prepared.source)] });
  }

  #importContext(signal: AbortSignal | undefined): ImportContext {
    return {
      fileSystem: this.#fileSystem,
      coversDirectory: this.#coversDirectory,
      trust: this.#trust,
      requireSigned: this.#requireSigned(),
      signal,
    };
  }

  /** All that can fail came before this one transaction that replaces the source. */
  async #store({ source, games, revoked, coverNames, warnings }: PreparedImport): Promise<CatalogImport> {
    const { id, name, origin } = source;
    const row = { ...source, position: this.#positionOf(id) };
    if (!this.#isStored(row, games, revoked)) {
      this.#state.catalog.replaceSource(row, games, revoked);
      this.#publish();
    }
    const stored = this.#sources.find((each) => each.id === id);
    if (!stored) throw new LanspreadError('INTERNAL', { message: `The catalog ${id} was stored and is not there.` });
    for (const warning of warnings) this.#logger.warn({ catalog: name, origin }, warning);
    await this.#sweepCovers(id, coverNames);
    return { ...stored, warnings };
  }

  /** A list that is what it was costs no new search index and is no news: at every start it comes again. */
  #isStored(source: CatalogSourceRow, games: readonly CatalogGameRow[], revoked: readonly GameId[]): boolean {
    const { catalog } = this.#state;
    const present = catalog.sources().find(({ id }) => id === source.id);
    if (!isDeepStrictEqual(present, source)) return false;
    const byId = (rows: readonly CatalogGameRow[]) => new Map(rows.map((row) => [row.gameId, row]));
    const isSameList = isDeepStrictEqual(byId(catalog.gamesOf(source.id)), byId(games));
    const lowered = (ids: readonly GameId[]): Set<string> => new Set(ids.map((id) => id.toLowerCase()));
    return isSameList && isDeepStrictEqual(lowered(catalog.revocations().get(source.id) ?? []), lowered(revoked));
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
    const revocations = this.#state.catalog.revocations();
    this.#sorted = games;
    this.#titles = undefined;
    this.#games = new Map(games.map((game) => [game.id, game]));
    this.#sources = this.#state.catalog.sources().map((source) =>
      viewOf(source, {
        trust: this.#trust,
        gameCount: counts.get(source.id) ?? 0,
        revokedCount: revocations.get(source.id)?.length ?? 0,
      }),
    );
  }
}

function viewOf(
  { id, name, origin, issued, signed, signedBy, inUse }: Omit<CatalogSourceRow, 'position'>,
  { trust, ...counts }: { trust: CatalogTrust; gameCount: number; revokedCount: number },
): CatalogSource {
  return { id, name, origin, issued, signed, signedBy: signerOf(signedBy, trust), inUse, ...counts };
}
