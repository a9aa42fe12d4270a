/** An extension while its author works on it: run from its folder, started again with every change. */
import { join } from 'node:path';
import {
  LanspreadError,
  nodeFileSystem,
  silentLogger,
  systemClock,
  throwIfAborted,
  toLanspreadError,
  whenAborted,
  type Logger,
} from '../../base/index.ts';
import { createExtensionHost } from '../host/index.ts';
import { probeHeadBytes } from '../../install/index.ts';
import { assertCompatible, readManifest, type ExtensionManifest } from '../manifest/index.ts';
import { openStorage } from '../store/index.ts';
import { readThemes } from '../themes/index.ts';
import type { ExtensionHost, ExtensionLogLine } from '../types.ts';
import { watchExtensionFolder } from './watch-folder.ts';

export type DevelopmentEvent =
  | { readonly event: 'changed'; readonly paths: readonly string[] }
  | {
      readonly event: 'ready';
      readonly id: string;
      readonly version: string;
      readonly milliseconds: number;
      readonly unpackers: readonly string[];
      readonly catalogSources: readonly string[];
      readonly themes: readonly string[];
    }
  | { readonly event: 'failed'; readonly code: string; readonly message: string }
  | ({ readonly event: 'log' } & ExtensionLogLine)
  | {
      readonly event: 'archive';
      readonly path: string;
      readonly unpacker: string;
      readonly score: number;
      /** The entries it lists. Undefined when the archive is not of its kind. */
      readonly entries?: readonly { readonly path: string; readonly kind: string; readonly sizeBytes: number }[];
    };

interface DevelopOptions {
  /** For a debugger, on 127.0.0.1. */
  readonly inspectPort?: number | undefined;
  /** An archive, absolute, that its unpackers are tried with after every start. */
  readonly archive?: string | undefined;
  /** Where it keeps what it stores, absolute. */
  readonly storageFolder: string;
  readonly onEvent: (event: DevelopmentEvent) => void;
  readonly logger?: Logger;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Runs until the signal aborts. What is wrong with the extension is told as an event. Errors: the file system's. */
export async function developExtension(directory: string, options: DevelopOptions): Promise<void> {
  const { onEvent, logger = silentLogger, signal, storageFolder } = options;
  throwIfAborted(signal);
  const storageOf = (extensionId: string) =>
    openStorage({ fileSystem: nodeFileSystem, logger, path: join(storageFolder, 'storage.json'), extensionId });
  // An author may crash an extension any number of times; it is never disabled.
  const ledger = { count: () => 0, add: () => {}, disable: () => {} };
  const limits = { crashes: Number.MAX_SAFE_INTEGER };
  // An extension keeps nobody's process alive, also not while it is waited for.
  using alive = new DisposableStack();
  alive.adopt(
    setInterval(() => {}, 60_000),
    clearInterval,
  );
  await using host = createExtensionHost({ storageOf, ledger, clock: systemClock, logger, limits });
  using _log = host.onDidLog((line) => onEvent({ event: 'log', ...line }));
  let revision = 0;
  const start = async (): Promise<void> => {
    try {
      revision += 1;
      await run(host, { ...options, directory, revision });
    } catch (error) {
      if (signal.aborted) return;
      const { code, message } = toLanspreadError(error, 'EXTENSION_INVALID');
      onEvent({ event: 'failed', code, message });
    }
  };
  // Listening first: nothing that is saved while it starts goes unnoticed.
  const watching = watchExtensionFolder(directory, {
    signal,
    onChange: async (paths) => {
      onEvent({ event: 'changed', paths });
      await start();
    },
  });
  await Promise.race([start(), watching]);
  await Promise.race([whenAborted(signal), watching]);
  await watching;
}

async function run(
  host: ExtensionHost,
  {
    directory,
    revision,
    inspectPort,
    archive,
    onEvent,
    signal,
  }: DevelopOptions & { directory: string; revision: number },
): Promise<void> {
  const startedAt = performance.now();
  const manifest = await readManifest(nodeFileSystem, directory);
  assertCompatible(manifest);
  const { id, version, main, contributes, permissions } = manifest;
  await readThemes(nodeFileSystem, { directory, manifest });
  const development = { revision, ...(inspectPort !== undefined && { inspectPort }) };
  host.set([{ id, manifest, directory, trust: 'sideloaded', granted: permissions, enabled: true, development }]);
  if (main !== undefined) await host.activate(id, { signal });
  const labels = (list: readonly { label: string }[]): string[] => list.map(({ label }) => label);
  onEvent({
    event: 'ready',
    id,
    version,
    milliseconds: Math.round(performance.now() - startedAt),
    unpackers: labels(contributes.unpackers),
    catalogSources: labels(contributes.catalogSources),
    themes: labels(contributes.themes),
  });
  if (archive !== undefined) await tryArchive(host, { manifest, archive, onEvent, signal });
}

async function tryArchive(
  host: ExtensionHost,
  {
    manifest,
    archive,
    onEvent,
    signal,
  }: { manifest: ExtensionManifest; archive: string } & Pick<DevelopOptions, 'onEvent' | 'signal'>,
): Promise<void> {
  if (host.unpackers().length === 0)
    throw new LanspreadError('BAD_REQUEST', {
      message: `${manifest.id} contributes no unpacker to try ${archive} with.`,
    });
  await using file = await nodeFileSystem.openToRead(archive);
  const head = Buffer.alloc(probeHeadBytes);
  const length = await file.read(head, 0);
  for (const unpacker of host.unpackers()) {
    const score = await unpacker.probe({ path: archive, head: head.subarray(0, length) }, { signal });
    const entries = score > 0 ? await unpacker.list(archive, { signal }) : undefined;
    const shown = entries?.map(({ path, kind, sizeBytes }) => ({ path, kind, sizeBytes }));
    onEvent({ event: 'archive', path: archive, unpacker: unpacker.id, score, ...(shown && { entries: shown }) });
  }
}
