/** The ground for every part of the core: the disk, the database, the settings, the catalog, and the events. */
import {
  nodeFileSystem,
  setUnexpectedErrorHandler,
  systemClock,
  type Clock,
  type FileSystem,
  type Logger,
} from '../base/index.ts';
import { KnownGames, type Catalog, type LiveSources } from '../catalog/index.ts';
import { openCatalogs } from './catalogs.ts';
import { applyPresets, importCatalogs, type CoreOptions } from './options.ts';
import { createEventLog, type EventLog } from '../rpc/index.ts';
import { defaultSettings, SettingsStore, withSafeguards } from '../settings/index.ts';
import { acquireLock, openState, Reserve, type SettingsRepository, type State } from '../state/index.ts';
import type { Trust } from '../trust/index.ts';

export interface Ground extends AsyncDisposable {
  readonly options: CoreOptions;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly fileSystem: FileSystem;
  readonly state: State;
  readonly reserve: Reserve;
  /** Resolves when the signal aborts; rejects when the database can no longer be trusted. */
  readonly watchState: (signal: AbortSignal) => Promise<void>;
  /** The new place of a database that could not be used. */
  readonly stateMovedAside: string | undefined;
  readonly settings: SettingsStore;
  /** Keeps the safeguards in their own file; see `withSafeguards`. */
  readonly settingsRepository: SettingsRepository;
  readonly catalog: Catalog;
  /** The games of the catalog, and games on this PC that the catalog no longer lists. */
  readonly known: KnownGames;
  /** Lists of games from extensions. */
  readonly live: LiveSources;
  /** The keys whose signatures are trusted. */
  readonly trust: Trust;
  readonly events: EventLog;
  /** The name that other PCs see. */
  readonly name: string;
}

/**
 * Locks the state folder, then opens its contents. Errors: `STATE_LOCKED`, `STATE_TOO_NEW`, `CATALOG_INVALID`,
 * `CATALOG_NOT_FOUND`, file system.
 */
export async function openGround(options: CoreOptions): Promise<Ground> {
  const { stateDir, logger, decorate = {} } = options;
  const clock = systemClock;
  await using opening = new AsyncDisposableStack();
  // Set first, so that it stays until everything else is closed: no listener's error may end the core.
  opening.use(setUnexpectedErrorHandler((error) => logger.error({ err: error }, 'an unexpected error')));
  const reserve = new Reserve({ directory: stateDir, logger });
  reserve.releaseWhenTight();
  opening.use(reserve.secure(() => acquireLock(stateDir, { what: options.what ?? 'lanspread' })));
  const opened = reserve.secure(() => openState({ directory: stateDir, logger, reserve }));
  const { state: plainState, movedAside, watch: watchState } = opened;
  const state = opening.use(decorate.state?.(plainState) ?? plainState);
  const settingsRepository = withSafeguards(state.settings, { stateDir, logger, reserve, now: () => clock.now() });
  const settings = new SettingsStore(settingsRepository, defaultSettings(stateDir));
  const isFirstStart = Object.keys(state.settings.all()).length === 0;
  if (isFirstStart) applyPresets(settings, { repository: settingsRepository, presets: options.presets, logger });
  const fileSystem = decorate.fileSystem?.(nodeFileSystem) ?? nodeFileSystem;
  const events = createEventLog({ clock, logger });
  const ground = { state, reserve, settings, settingsRepository, fileSystem, clock, logger };
  const catalogs = await openCatalogs({ ...ground, stateDir, emit: events.emit, owner: opening });
  await importCatalogs(catalogs.catalog, options);
  const known = new KnownGames({ catalog: catalogs.catalog, store: state.settings, logger });
  const owned = opening.move();
  return {
    ...ground,
    ...catalogs,
    known,
    options,
    watchState,
    stateMovedAside: movedAside,
    events,
    name: options.name ?? settings.get('playerName'),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
