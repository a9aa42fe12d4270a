/** What is known of extensions: which there are, which are on, what they may do. Runs nothing. */
import { join } from 'node:path';
import {
  Emitter,
  LanspreadError,
  nodeFileSystem,
  Semaphore,
  type Event,
  type FileSystem,
  type IDisposable,
  type Logger,
} from '../../base/index.ts';
import type { ExtensionRepository, ExtensionRow } from '../../state/index.ts';
import type { Theme } from '../themes/index.ts';
import type { CrashLedger, ExtensionDescription } from '../types.ts';
import { discoverAll, readExtension, type FoundExtension } from './discover.ts';
import { describe, toKnown, type KnownExtension } from './known-extension.ts';
import { asksForNothing, noPermissions } from './permissions.ts';
import type { Question } from './plan-install.ts';
import { prepareInstall, type InstallOptions, type InstallOutcome } from './prepare-install.ts';
import { openStorage, type ExtensionStorage } from './storage.ts';
import { tidyHome, unpackInto, type UnpackOptions } from './unpack-package.ts';

export interface ExtensionStoreOptions {
  /** Absolute; holds one folder for each installed extension, and what extensions store. Need not exist. */
  readonly directory: string;
  /** Absolute; each folder below that has a manifest is a built-in extension. */
  readonly builtInParents?: readonly string[];
  /** Absolute folders that authors work on. */
  readonly development?: readonly DevelopmentFolder[];
  readonly repository: ExtensionRepository;
  /** The name of a trusted key, by its hex. */
  readonly signerName: (keyHex: string) => string | undefined;
  /** Ids in the user's order; the others follow: development, installed, built-in. */
  readonly order?: () => readonly string[];
  /** Folders in the configuration of what this extension contributes, absolute. */
  readonly readableFolders?: (extensionId: string) => readonly string[];
  readonly fileSystem?: FileSystem;
  readonly logger: Logger;
}

interface DevelopmentFolder {
  readonly directory: string;
  readonly inspectPort?: number;
}

const originOrder = { development: 0, installed: 1, 'built-in': 2 };

export class ExtensionStore implements IDisposable {
  readonly #options: ExtensionStoreOptions;
  readonly #fileSystem: FileSystem;
  readonly #changed: Emitter<void>;
  /** Fires when `list`, `descriptions` or `themes` may have changed; not for crashes. */
  readonly onDidChange: Event<void>;
  /** One install, removal or look at the disk at a time. */
  readonly #turn = new Semaphore(1);
  readonly #storages = new Map<string, ExtensionStorage>();
  /** By the folders of development extensions. */
  readonly #revisions = new Map<string, number>();
  #found: readonly FoundExtension[] = [];

  constructor(options: ExtensionStoreOptions) {
    this.#options = options;
    this.#fileSystem = options.fileSystem ?? nodeFileSystem;
    this.#changed = new Emitter({
      onListenerError: (err) => options.logger.error({ err }, 'A listener to changes of extensions failed.'),
    });
    this.onDidChange = this.#changed.event;
  }

  /** Looks at the disk anew. Errors: the file system's, for whole folders; one broken extension is told in the list. */
  async load(): Promise<void> {
    await this.#turn.run(async () => {
      const { repository } = this.#options;
      this.#found = await discoverAll(this.#fileSystem, {
        ...this.#options,
        versionOf: (id) => repository.get(id)?.version || undefined,
      });
    });
    this.#changed.fire();
  }

  /** Tells that something it was given as a function has another answer: the order, keys, folders. */
  refresh(): void {
    this.#changed.fire();
  }

  /** All of them in the user's order, also those that cannot be used. */
  list(): readonly KnownExtension[] {
    const order = this.#options.order?.() ?? [];
    const placeOf = ({ id, origin }: FoundExtension): number => {
      const place = order.indexOf(id);
      return place >= 0 ? place : order.length + originOrder[origin];
    };
    return this.#found
      .toSorted((a, b) => placeOf(a) - placeOf(b) || (a.id < b.id ? -1 : 1))
      .map((found) => this.#know(found));
  }

  get(id: string): KnownExtension | undefined {
    const found = this.#found.find((candidate) => candidate.id === id);
    return found && this.#know(found);
  }

  /** The descriptions that the host gets. */
  descriptions(): readonly ExtensionDescription[] {
    return this.list().flatMap((known) => {
      const folder = this.#options.development?.find(({ directory }) => directory === known.directory);
      const development = known.origin === 'development' && {
        revision: this.#revisions.get(known.directory) ?? 0,
        ...(folder?.inspectPort !== undefined && { inspectPort: folder.inspectPort }),
      };
      const readableFolders = this.#options.readableFolders?.(known.id) ?? [];
      return describe(known, { readableFolders, development: development || undefined }) ?? [];
    });
  }

  /** The themes of enabled extensions, each id once. */
  themes(): readonly Theme[] {
    const themes = new Map<string, Theme>();
    for (const known of this.list())
      if (known.enabled) for (const theme of known.themes) if (!themes.has(theme.id)) themes.set(theme.id, theme);
    return [...themes.values()];
  }

  /** The files of a development extension changed: they are read anew and its process starts again with the next call. */
  async reload(directory: string): Promise<void> {
    this.#revisions.set(directory, (this.#revisions.get(directory) ?? 0) + 1);
    await this.load();
  }

  /**
   * Installs a `.lanx` (or a folder, as it would be packed), or says what the player has to agree to first and changes nothing. What was installed before stays
   * until the new one is in place. Errors: `EXTENSION_INVALID`, `SIGNATURE_INVALID`, `EXTENSION_INCOMPATIBLE`,
   * `EXTENSION_BUILT_IN`, `CANCELLED`, the file system's.
   */
  async install(path: string, { consent = false, signal }: InstallOptions = {}): Promise<InstallOutcome> {
    return await this.#turn.run(
      async () => {
        const { repository, signerName, directory } = this.#options;
        const plan = await prepareInstall(this.#fileSystem, path, {
          former: (id) => this.#found.find((found) => found.id === id && found.origin === 'installed'),
          row: (id) => repository.get(id),
          builtInIds: new Set(this.#found.flatMap(({ id, origin }) => (origin === 'built-in' ? [id] : []))),
          signerName,
          consent,
        });
        const { outcome, opened, row } = plan;
        if (outcome.status === 'needs-consent') return outcome;
        const home = join(directory, outcome.id);
        const target = await this.#putInPlace(home, { opened, signal });
        repository.put(row);
        await this.#takeOver(target, outcome.id);
        this.#changed.fire();
        await this.#tidy(home, outcome.version);
        return outcome;
      },
      { signal },
    );
  }

  /**
   * Turns it on. One that wants more than was granted (its files are there, the database was lost) asks first, as an
   * install does. Errors: `UNKNOWN_EXTENSION`, and why it cannot be used.
   */
  enable(id: string, { consent = false }: { consent?: boolean } = {}): Question | undefined {
    const known = this.#require(id);
    if (known.problem) throw known.problem;
    if (!asksForNothing(known.missing) && !consent) return { added: known.missing, warnings: [] };
    this.#put(known, { enabled: true, grantedPermissions: known.manifest?.permissions ?? noPermissions });
    this.#changed.fire();
    return undefined;
  }

  /** Errors: `UNKNOWN_EXTENSION`. */
  disable(id: string): void {
    this.#put(this.#require(id), { enabled: false });
    this.#changed.fire();
  }

  /** Deletes its files, what it stored and what was granted. Errors: `UNKNOWN_EXTENSION`, `EXTENSION_BUILT_IN`. */
  async remove(id: string): Promise<void> {
    const { origin } = this.#require(id);
    if (origin !== 'installed')
      throw new LanspreadError('EXTENSION_BUILT_IN', {
        message: origin === 'built-in' ? `${id} is part of Lanspread.` : `${id} is loaded from its author's folder.`,
        details: { extensionId: id },
      });
    await this.#turn.run(async () => {
      this.#options.repository.remove(id);
      this.#found = this.#found.filter((found) => found.id !== id);
      // Its process ends before its files go, where the host listens.
      this.#changed.fire();
      this.#storages.delete(id);
      const home = join(this.#options.directory, id);
      try {
        await tidyHome(this.#fileSystem, home, { keep: new Set() });
        await this.#fileSystem.deleteTree(home);
      } catch (error) {
        this.#options.logger.warn({ extensionId: id, err: error }, 'The files of an extension could not be deleted.');
      }
    });
  }

  storage(extensionId: string): ExtensionStorage {
    const known = this.#storages.get(extensionId);
    if (known) return known;
    const storage = openStorage({
      fileSystem: this.#fileSystem,
      logger: this.#options.logger,
      path: join(this.#options.directory, extensionId, 'storage.json'),
      extensionId,
    });
    this.#storages.set(extensionId, storage);
    return storage;
  }

  readonly crashes: CrashLedger = {
    count: (id) => this.#options.repository.get(id)?.crashCount ?? 0,
    add: (id) => {
      const known = this.get(id);
      if (known) this.#put(known, { crashCount: known.crashCount + 1 });
    },
    disable: (id) => {
      const known = this.get(id);
      if (!known) return;
      this.#put(known, { enabled: false });
      this.#changed.fire();
    },
  };

  [Symbol.dispose](): void {
    this.#changed[Symbol.dispose]();
  }

  #know(found: FoundExtension): KnownExtension {
    const { repository, signerName } = this.#options;
    return toKnown(found, { row: repository.get(found.id), signerName });
  }

  #require(id: string): KnownExtension {
    const known = this.get(id);
    if (known) return known;
    throw new LanspreadError('UNKNOWN_EXTENSION', {
      message: `There is no extension ${JSON.stringify(id.slice(0, 200))}.`,
      details: { extensionId: id.slice(0, 200) },
    });
  }

  #put({ id, origin, manifest }: KnownExtension, changes: Partial<ExtensionRow>): void {
    const { repository } = this.#options;
    const receipt = this.#found.find((found) => found.id === id)?.receipt;
    const isInstalled = origin === 'installed';
    const none: ExtensionRow = {
      id,
      version: '',
      hash: '',
      enabled: !isInstalled,
      grantedPermissions: noPermissions,
      crashCount: 0,
      signedBy: undefined,
    };
    const own = isInstalled && {
      version: manifest?.version ?? '',
      hash: receipt?.hash ?? '',
      signedBy: receipt?.signedBy,
    };
    repository.put({ ...none, ...repository.get(id), ...own, ...changes });
  }

  /** One of the same version that runs is taken out of use first; it comes back when it could not be replaced. */
  async #putInPlace(home: string, { opened, signal }: Pick<UnpackOptions, 'opened' | 'signal'>): Promise<string> {
    const { id, version } = opened.manifest;
    const before = this.#found;
    const beforeReplace = (): void => {
      this.#found = before.filter((found) => found.id !== id || found.origin !== 'installed');
      this.#changed.fire();
    };
    try {
      return await unpackInto(this.#fileSystem, { home, version }, { opened, beforeReplace, signal });
    } catch (error) {
      if (this.#found !== before) {
        this.#found = before;
        this.#changed.fire();
      }
      throw error;
    }
  }

  /** A development folder of the same id goes on to stand before it. */
  async #takeOver(directory: string, id: string): Promise<void> {
    const found = await readExtension(this.#fileSystem, { directory, origin: 'installed', expectedId: id });
    const isShadowed = this.#found.some((other) => other.id === id && other.origin === 'development');
    if (!isShadowed) this.#found = [...this.#found.filter((other) => other.id !== id), found];
  }

  async #tidy(home: string, version: string): Promise<void> {
    try {
      await tidyHome(this.#fileSystem, home, { keep: new Set([version]) });
    } catch (error) {
      // Held open by a process of the former version: the next start deletes it.
      this.#options.logger.warn({ home, err: error }, 'The former version of an extension could not be deleted yet.');
    }
  }
}
