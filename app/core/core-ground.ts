/** What every part of the core stands on: the disk, the database, the settings, the catalog, and the way to be heard. */
import { nodeFileSystem, systemClock, type Clock, type FileSystem, type Logger } from './base/index.ts';
import { openCatalog, type Catalog } from './catalog/index.ts';
import { importCatalogs, type CoreOptions } from './core-options.ts';
import { createEventLog, defaultSettings, SettingsStore, type EventLog } from './rpc/index.ts';
import { acquireLock, openState, type State } from './state/index.ts';

export interface Ground extends AsyncDisposable {
  readonly options: CoreOptions;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly fileSystem: FileSystem;
  readonly state: State;
  /** Where a database that could not be used lies now. */
  readonly stateMovedAside: string | undefined;
  readonly settings: SettingsStore;
  readonly catalog: Catalog;
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
  opening.use(acquireLock(stateDir, { what: options.what ?? 'lanspread' }));
  const { state: plainState, movedAside } = openState({ directory: stateDir, logger });
  const state = opening.use(decorate.state?.(plainState) ?? plainState);
  const settings = new SettingsStore(state.settings, defaultSettings(stateDir));
  const catalog = openCatalog({ state, logger });
  await importCatalogs(catalog, options);
  const opened = opening.move();
  return {
    options,
    clock,
    logger,
    fileSystem: decorate.fileSystem?.(nodeFileSystem) ?? nodeFileSystem,
    state,
    stateMovedAside: movedAside,
    settings,
    catalog,
    events: createEventLog({ clock, logger }),
    name: options.name ?? settings.get('playerName'),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
