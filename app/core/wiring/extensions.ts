/** The core's extensions: which exist, their host, and their contributions to games and catalogs. */
import { join } from 'node:path';
import { liveSourcesOf } from './catalogs.ts';
import type { Ground } from './ground.ts';
import {
  createExtensionHost,
  ExtensionManager,
  ExtensionStore,
  watchExtensionFolder,
  type ExtensionState,
} from '../extensions/index.ts';
import type { Unpacker } from '../content/index.ts';

interface CoreExtensions {
  readonly manager: ExtensionManager;
  /** In the user's order. */
  unpackers(): readonly Unpacker[];
}

/** Reads the disk and starts nothing: extensions start when they are needed. Errors: the file system's. */
export async function openExtensions(ground: Ground, owner: AsyncDisposableStack): Promise<CoreExtensions> {
  const { options, state, settings, trust, live, events, fileSystem, clock, logger } = ground;
  const folders = new Map<string, readonly string[]>();
  const store = owner.use(
    new ExtensionStore({
      directory: join(options.stateDir, 'extensions'),
      builtInParents: options.builtInExtensions ?? [],
      development: options.developmentExtensions ?? [],
      repository: state.extensions,
      signerName: (keyHex) => trust.find(keyHex)?.name,
      order: () => settings.get('extensionOrder'),
      readableFolders: (extensionId) => folders.get(extensionId) ?? [],
      fileSystem,
      logger,
    }),
  );
  await store.load();
  const host = owner.use(
    createExtensionHost({
      storageOf: (id) => store.storage(id),
      ledger: store.crashes,
      clock,
      logger,
      fileSystem,
    }),
  );
  const manager = owner.use(new ExtensionManager({ store, host, logger }));
  owner.use(manager.onDidChange((extensions) => events.emit({ event: 'extensions-changed', extensions })));
  owner.use(
    settings.onDidChange((setting) => {
      if (setting === 'extensionOrder' || setting === 'trustedKeys') store.refresh();
    }),
  );
  owner.use(trust.onDidChange(() => store.refresh()));
  owner.use(host.onDidChangeState((now) => tellFailure(now, events.emit)));
  const grant = (extensionId: string, now: readonly string[]): void => {
    if ((folders.get(extensionId) ?? []).join('\n') === now.join('\n')) return;
    folders.set(extensionId, now);
    host.set(store.descriptions());
  };
  const listGames = (): void => live.set(liveSourcesOf(store.descriptions(), { host, grant }));
  listGames();
  owner.use(store.onDidChange(listGames));
  const watching = new AbortController();
  owner.defer(() => watching.abort());
  for (const { directory } of options.developmentExtensions ?? []) {
    const onChange = (): Promise<void> => store.reload(directory);
    // An author's folder that cannot be watched is still loaded.
    watchExtensionFolder(directory, { signal: watching.signal, onChange }).catch((error: unknown) =>
      logger.warn({ directory, err: error }, 'changes of an extension go unnoticed'),
    );
  }
  return { manager, unpackers: () => [...host.unpackers(), ...(options.unpackers ?? [])] };
}

function tellFailure({ id, phase, lastError }: ExtensionState, emit: Ground['events']['emit']): void {
  if (!lastError || (phase !== 'crashed' && phase !== 'disabled')) return;
  const { code, message } = lastError;
  emit({ event: 'extension-failed', extensionId: id, code, message, disabled: phase === 'disabled' });
}
