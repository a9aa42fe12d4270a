/** What every part of the core stands on: the disk, the database, the settings, the catalog, and the way to be heard. */
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
  /** Resolves when the signal aborts; rejects once the database cannot be trusted any more. */
  readonly watchState: (signal: AbortSignal) => Promise<void>;
  /** Where a database that could not be used lies now. */
  readonly stateMovedAside: string | undefined;
  readonly settings: SettingsStore;
  /** With safeguards. */
  readonly settingsRepository: SettingsRepository;
  readonly catalog: Catalog;
  /** Those of the catalog, and those that are here although it lists them no more. */
  readonly known: KnownGames;
  /** Lists of games that extensions give. */
  readonly live: LiveSources;
  /** Whose signatures count. */
  readonly trust: Trust;
  readonly events: EventLog;
  /** What others see. */
  readonly name: string;
}

/**
 * Takes the lock of the state directory, then opens what is in it. Errors: `STATE_LOCKED`, `STATE_TOO_NEW`,
 * `CATALOG_INVALID`, `CATALOG_NOT_FOUND`, file system.
 */
export async function openGround(options: CoreOptions): Promise<Ground> {
  const { stateDir, logger, decorate = {} } = options;
  const clock = systemClock;
  await using opening = new AsyncDisposableStack();
  // First of all, so that it is there until everything else is put away: no listener's error ends the core.
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
