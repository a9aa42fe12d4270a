import { basename } from 'node:path';
import {
  LanspreadError,
  Semaphore,
  toLanspreadError,
  untilAborted,
  type Clock,
  type FileSystem,
  type Logger,
  type SignalOptions,
} from '../../base/index.ts';
import { superviseService, type Service } from '../../supervise/index.ts';
import type { Catalog } from '../types.ts';
import { judgeConfiguration, type Configured } from './configuration.ts';
import { isFolderOf, planPulls, presentFolders, type Pull } from './configured-folders.ts';
import { folderMark } from './folder-mark.ts';
import { PullLedger } from './pull-ledger.ts';
import { pullPages } from './pull-pages.ts';
import type { LivePhase, LiveSourceDefinition, LiveSourceView } from './types.ts';

interface LiveContext {
  readonly catalog: Pick<Catalog, 'sources' | 'storePulled' | 'removeSource'>;
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  /** How often folders are looked at; more seldom where a look takes over a hundredth of that. */
  readonly lookEveryMs: number;
  readonly logger: Logger;
  readonly configuration: () => unknown;
  readonly onDidChange: () => void;
}

export const defaultLookEveryMs = 1_000;
const lookShare = 100;
/** How often a source without folders is asked, in milliseconds. */
const askEveryMs = 60 * 60_000;

/** The origin of what a live source, or one folder of it, lists. Ids have no space. */
function originOf(id: string, folder?: string): string {
  return folder === undefined ? `extension:${id}` : `extension:${id} ${folder}`;
}

export function isOriginOf(id: string, origin: string): boolean {
  return origin === originOf(id) || origin.startsWith(`${originOf(id)} `);
}

/** One live source, under supervision: asked at start, when its folders or its configuration change, and on demand. */
export class LiveSource implements AsyncDisposable {
  readonly definition: LiveSourceDefinition;
  readonly #context: LiveContext;
  readonly #turn = new Semaphore(1);
  readonly #service: Service | undefined;
  readonly #ledger = new PullLedger();
  readonly #warnings = new Map<string, readonly string[]>();
  #configured = '';
  #granted = '';
  #lookTookMs = 0;
  #folders: readonly string[] = [];
  #phase: LivePhase = 'waiting';
  #error: LanspreadError | undefined;
  #refreshedAt: string | undefined;
  #wake = (): void => {};

  constructor(definition: LiveSourceDefinition, context: LiveContext) {
    this.definition = definition;
    this.#context = context;
    if (!definition.enabled) {
      this.#phase = 'disabled';
      return;
    }
    const { clock, logger } = context;
    this.#service = superviseService({
      name: `catalog source ${definition.id}`,
      policy: 'Restart',
      run: (signal) => this.#run(signal),
      clock,
      logger,
      onFailed: () => {},
    });
  }

  view(): LiveSourceView {
    const { id, label, schema } = this.definition;
    return {
      id,
      label,
      phase: this.#phase,
      schema,
      configuration: this.#context.configuration(),
      folders: this.#folders,
      ...(this.#refreshedAt !== undefined && { refreshedAt: this.#refreshedAt }),
      ...(this.#error && { error: this.#error.toJSON() }),
      warnings: [...this.#warnings.values()].flat(),
    };
  }

  /** Looks at the configuration again, soon. */
  poke(): void {
    this.#wake();
  }

  async refresh({ signal }: SignalOptions = {}): Promise<void> {
    if (!this.#service) throw notReady(this.definition, 'is disabled');
    await this.#turn.run(() => this.#look({ isDemanded: true, signal }), { signal });
    if (this.#phase === 'failed' && this.#error) throw this.#error;
    if (this.#phase === 'unconfigured') throw this.#error ?? notReady(this.definition, 'is not configured');
    if (this.#phase === 'away') throw notReady(this.definition, 'has none of its folders at hand');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#service?.stop();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, lookEveryMs } = this.#context;
    for (;;) {
      const hasFolders = await this.#turn.run(() => this.#look({ isDemanded: false, signal }), { signal });
      const everyMs = hasFolders ? lookShare * this.#lookTookMs : askEveryMs;
      const untilRetryMs = this.#ledger.nextTryAt() - clock.monotonicMs();
      await this.#pause(Math.max(lookEveryMs, Math.min(everyMs, untilRetryMs)), signal);
      // A source without folders tells of no change: its time is up.
      if (!hasFolders) this.#ledger.clear({ keepFailures: true });
    }
  }

  async #pause(delayMs: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    using _timer = this.#context.clock.timeout(resolve, delayMs, { background: true });
    await untilAborted(signal, () => promise);
  }

  /** Asks for what changed, on demand for everything; tells whether there are folders to look at. */
  async #look({ isDemanded, signal }: SignalOptions & { isDemanded: boolean }): Promise<boolean> {
    const { clock, fileSystem } = this.#context;
    const configured = this.#readConfiguration();
    await this.#forgetOthers(configured);
    if (configured.kind === 'unconfigured') {
      this.#tell('unconfigured', configured.error);
      return false;
    }
    const startedAt = clock.monotonicMs();
    const folders = await presentFolders(fileSystem, configured.patterns);
    this.#grant(folders);
    const pulls = planPulls(configured.value, { fields: configured.fields, folders });
    const marks = new Map<string, string>();
    for (const pull of pulls) {
      const all = await Promise.all(pull.folders.map((folder) => folderMark(fileSystem, folder)));
      marks.set(this.#originOf(pull), all.join());
    }
    this.#lookTookMs = clock.monotonicMs() - startedAt;
    const due = new Set(this.#ledger.due(marks, { isDemanded, now: clock.monotonicMs() }));
    if (due.size > 0) this.#tell('refreshing', this.#error);
    for (const pull of pulls) if (due.has(this.#originOf(pull))) await this.#tryPull(pull, { marks, signal });
    const failure = this.#ledger.failureOf(marks);
    this.#tell(failure ? 'failed' : pulls.length === 0 ? 'away' : 'current', failure);
    return configured.patterns.length > 0;
  }

  /** One folder's failure does not keep the others from being asked. */
  async #tryPull(
    pull: Pull,
    { marks, signal }: { marks: ReadonlyMap<string, string>; signal: AbortSignal | undefined },
  ): Promise<void> {
    const { clock, logger } = this.#context;
    const origin = this.#originOf(pull);
    const mark = marks.get(origin) ?? '';
    try {
      await this.#pull(pull, signal);
      this.#ledger.took(origin, mark);
      this.#refreshedAt = new Date(clock.now()).toISOString();
    } catch (error) {
      if (signal?.aborted) throw error;
      const coded = toLanspreadError(error);
      const { pauseMs } = this.#ledger.failed(origin, { mark, error: coded, now: clock.monotonicMs() });
      logger.warn({ origin, err: coded, pauseMs }, 'A list of games could not be refreshed; the former one stays.');
    }
  }

  #originOf({ folder }: Pull): string {
    return originOf(this.definition.id, folder);
  }

  async #pull({ folder, configuration, folders }: Pull, signal: AbortSignal | undefined): Promise<void> {
    const { id, label, page } = this.definition;
    const { catalog, clock } = this.#context;
    const origin = originOf(id, folder);
    const name = folder === undefined ? label : `${basename(folder)} (${label})`;
    const { games, warnings } = await pullPages(page, { configuration, signal, clock });
    const stored = await catalog.storePulled({ origin, name, games, folders, warnings }, { signal });
    this.#warnings.set(origin, stored.warnings);
  }

  /** Another configuration begins anew. */
  #readConfiguration(): Configured {
    const configuration = this.#context.configuration();
    const text = JSON.stringify(configuration) ?? '';
    if (text !== this.#configured) {
      this.#configured = text;
      this.#ledger.clear();
    }
    return judgeConfiguration(this.definition.schema, configuration);
  }

  /** Games of a folder that is no longer configured go. Games of a folder that is only away stay. */
  async #forgetOthers(configured: Configured): Promise<void> {
    const { id } = this.definition;
    for (const { id: sourceId, origin } of this.#context.catalog.sources()) {
      if (!isOriginOf(id, origin)) continue;
      if (configured.kind === 'unconfigured' && configured.error) continue;
      if (configured.kind === 'ready' && this.#isStillOf(configured, origin)) continue;
      this.#warnings.delete(origin);
      await this.#context.catalog.removeSource(sourceId);
    }
  }

  #isStillOf({ fields, patterns }: Configured & { kind: 'ready' }, origin: string): boolean {
    const { id } = this.definition;
    const isPerFolder = fields.length === 1 && fields[0]?.isList === true;
    if (!isPerFolder) return origin === originOf(id);
    return patterns.some((pattern) => isFolderOf(pattern, origin.slice(originOf(id).length + 1)));
  }

  #grant(folders: readonly string[]): void {
    this.#folders = folders;
    const text = JSON.stringify(folders);
    if (text === this.#granted) return;
    this.#granted = text;
    this.definition.grant?.(folders);
  }

  #tell(phase: LivePhase, error: LanspreadError | undefined): void {
    const isNews = phase !== this.#phase || error !== this.#error;
    this.#phase = phase;
    this.#error = error;
    if (isNews) this.#context.onDidChange();
  }
}

function notReady({ id, label }: LiveSourceDefinition, reason: string): LanspreadError {
  return new LanspreadError('BAD_REQUEST', { message: `${label} ${reason}.`, details: { sourceId: id } });
}
