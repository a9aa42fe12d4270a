/** The catalogs of the core, the keys for their signatures, and their live sources. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programDirOf } from '../../boot/program-dir.mjs';
import { sleep, type Clock, type FileSystem, type Logger } from '../base/index.ts';
import {
  createLiveSources,
  folderMark,
  openCatalog,
  type Catalog,
  type LiveSourceDefinition,
  type LiveSources,
} from '../catalog/index.ts';
import type { EventLog } from '../rpc/index.ts';
import type { SettingName, SettingsStore } from '../settings/index.ts';
import type { State } from '../state/index.ts';
import { superviseService } from '../supervise/index.ts';
import { Trust } from '../trust/index.ts';

export interface Catalogs {
  readonly catalog: Catalog;
  readonly live: LiveSources;
  /** Also checks the signatures of extensions. */
  readonly trust: Trust;
}

interface CatalogsOptions {
  readonly stateDir: string;
  readonly state: State;
  readonly settings: SettingsStore;
  readonly emit: EventLog['emit'];
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Disposes of everything that is created here. */
  readonly owner: AsyncDisposableStack;
}

/** The time between two looks at the key folders, in milliseconds. */
const lookForKeysEveryMs = 2_000;

const program = fileURLToPath(new URL('../../..', import.meta.url));

/** `certs/` beside the program and in the state folder. The one beside an installed program is kept across versions. */
export function trustDirectories(stateDir: string): readonly string[] {
  return [join(programDirOf(program) ?? program, 'certs'), join(stateDir, 'certs')];
}

/** Opens the catalogs; the current keys and settings decide which sources are signed and in use. Errors: `STATE_CORRUPT`. */
export async function openCatalogs(options: CatalogsOptions): Promise<Catalogs> {
  const { stateDir, state, settings, emit, fileSystem, clock, logger, owner } = options;
  const directories = trustDirectories(stateDir);
  const trust = new Trust({ directories, keys: () => settings.get('trustedKeys'), fileSystem, logger });
  await trust.load();
  const requireSigned = (): boolean => settings.get('requireSignedCatalogs');
  const catalog = openCatalog({ state, trust, requireSigned, fileSystem, logger });
  const configurations = {
    get: (id: string): unknown => {
      const all = settings.get('catalogSources');
      return Object.hasOwn(all, id) ? all[id] : undefined;
    },
    set: (id: string, configuration: unknown) =>
      settings.set('catalogSources', { ...settings.get('catalogSources'), [id]: configuration }),
  };
  const live = owner.use(createLiveSources({ catalog, configurations, fileSystem, clock, logger }));
  const reconsider = (): void => {
    try {
      catalog.reconsider();
    } catch (error) {
      logger.error({ err: error }, 'which catalogs count could not be stored; it stays as it was');
    }
  };
  const apply = (setting: SettingName): void => {
    if (setting === 'requireSignedCatalogs' || setting === 'trustedKeys') reconsider();
    else if (setting === 'catalogSources') live.reconsider();
  };
  owner.use(settings.onDidChange(apply));
  owner.use(trust.onDidChange(reconsider));
  owner.use(catalog.onDidChange(() => emit({ event: 'catalogs-changed' })));
  owner.use(live.onDidChange(() => emit({ event: 'catalogs-changed' })));
  const watching = superviseService({
    name: 'trusted keys',
    policy: 'Restart',
    run: (signal) => watchKeys({ directories, fileSystem, clock, signal }, () => trust.load()),
    clock,
    logger,
    onFailed: () => {},
  });
  owner.defer(() => watching.stop());
  return { catalog, live, trust };
}

interface WatchedKeys {
  readonly directories: readonly string[];
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Makes an added key count within moments, and a removed key count no more. */
async function watchKeys(
  { directories, fileSystem, clock, signal }: WatchedKeys,
  onChange: () => Promise<void>,
): Promise<void> {
  const look = async (): Promise<string> =>
    (await Promise.all(directories.map((directory) => folderMark(fileSystem, directory)))).join();
  for (let before = await look(); ; ) {
    await sleep(lookForKeysEveryMs, { signal, clock });
    const now = await look();
    if (now !== before) await onChange();
    before = now;
  }
}

/** An extension that lists games. Both the host's and the store's descriptions have this shape. */
interface ListingExtension {
  readonly id: string;
  readonly enabled: boolean;
  readonly manifest: {
    readonly version: string;
    readonly contributes: {
      readonly catalogSources: readonly {
        readonly id: string;
        readonly label: string;
        readonly configuration?: unknown;
      }[];
    };
  };
}

interface ListingHost {
  catalogPage(
    extensionId: string,
    sourceId: string,
    options: { cursor?: string | undefined; configuration: unknown; signal?: AbortSignal | undefined },
  ): Promise<{ games: readonly unknown[]; next?: string; warnings?: readonly string[] }>;
}

interface DefinitionsOptions {
  readonly host: ListingHost;
  /** Lets an extension read the existing folders that are configured for its sources. */
  readonly grant: (extensionId: string, folders: readonly string[]) => void;
}

/** The live sources of extensions, for `LiveSources.set`. */
export function liveSourcesOf(
  extensions: readonly ListingExtension[],
  { host, grant }: DefinitionsOptions,
): LiveSourceDefinition[] {
  return extensions.flatMap(({ id, enabled, manifest: { version, contributes } }) => {
    const folders = new Map<string, readonly string[]>();
    return contributes.catalogSources.map(
      (source): LiveSourceDefinition => ({
        id: `${id}/${source.id}`,
        label: source.label,
        version,
        enabled,
        schema: source.configuration,
        grant: (now) => {
          folders.set(source.id, now);
          grant(id, [...new Set([...folders.values()].flat())].sort());
        },
        page: (query, { signal }) => host.catalogPage(id, source.id, { ...query, signal }),
      }),
    );
  });
}
