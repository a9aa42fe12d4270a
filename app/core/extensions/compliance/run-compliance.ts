/** The tests that authors run: the extension in the real host, against everything that happens to extensions. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  LanspreadError,
  nodeFileSystem,
  silentLogger,
  systemClock,
  throwIfAborted,
  type Clock,
  type FileSystem,
  type Logger,
} from '../../base/index.ts';
import { gameProblems } from '../../catalog/index.ts';
import { createExtensionHost, type HostLimits } from '../host/index.ts';
import { assertCompatible, readManifest, type ExtensionManifest } from '../manifest/index.ts';
import { packFolder } from '../package/index.ts';
import type { ExtensionLogLine } from '../types.ts';
import { openStorage } from '../store/index.ts';
import { CheckFailed, expect, type Check, type CheckContext } from './check.ts';
import { findSamples } from './samples.ts';
import { unpackerChecks } from './unpacker-checks.ts';

export interface CheckResult {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Why it failed or was skipped. */
  readonly message?: string;
  readonly milliseconds: number;
}

interface ComplianceOptions {
  readonly onResult?: (result: CheckResult) => void;
  readonly onLog?: (line: ExtensionLogLine) => void;
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly fileSystem?: FileSystem;
  /** Tighter still. */
  readonly limits?: Partial<HostLimits>;
  readonly signal?: AbortSignal;
}

/** Tighter than for players: who is slower here has no reserve there. */
const tightLimits = { listMs: 10_000, planMs: 10_000, unpackMs: 10_000, crashes: 1_000 };

/** Every check in order; one that fails does not keep the others from being made. Errors: `CANCELLED`, file system. */
export async function testExtension(directory: string, options: ComplianceOptions): Promise<CheckResult[]> {
  const { onResult, onLog, logger = silentLogger, clock = systemClock, fileSystem = nodeFileSystem } = options;
  const signal = options.signal ?? new AbortController().signal;
  const results: CheckResult[] = [];
  const tell = (result: CheckResult): void => {
    results.push(result);
    onResult?.(result);
  };
  await using stack = new AsyncDisposableStack();
  // An extension keeps nobody's process alive, also not while it is waited for.
  stack.adopt(
    setInterval(() => {}, 60_000),
    clearInterval,
  );
  const work = await mkdtemp(join(tmpdir(), 'lanspread-extension-test-'));
  stack.defer(() => fileSystem.deleteTree(work));
  let manifest: ExtensionManifest | undefined;
  tell(
    await perform('the manifest is sound, and every file that it names is there', signal, async () => {
      manifest = await readManifest(fileSystem, directory);
      assertCompatible(manifest);
      await packFolder(fileSystem, directory, { signal });
    }),
  );
  if (!manifest || results[0]?.outcome === 'failed') return results;
  let failures = 0;
  const extensionId = manifest.id;
  const storage = openStorage({ fileSystem, logger, path: join(work, 'storage.json'), extensionId });
  const ledger = { count: () => failures, add: () => void (failures += 1), disable: () => {} };
  const host = stack.use(
    createExtensionHost({
      storageOf: () => storage,
      ledger,
      clock,
      logger,
      fileSystem,
      limits: { ...tightLimits, ...options.limits },
    }),
  );
  if (onLog) stack.use(host.onDidLog(onLog));
  const granted = manifest.permissions;
  host.set([{ id: extensionId, manifest, directory, trust: 'sideloaded', granted, enabled: true, development: {} }]);
  let folders = 0;
  const context: CheckContext = {
    directory,
    manifest,
    host,
    failures: () => failures,
    samples: await findSamples(fileSystem, directory),
    newFolder: async () => {
      const folder = join(work, String((folders += 1)));
      await fileSystem.makeDirectory(folder);
      return folder;
    },
    fileSystem,
    clock,
    signal,
  };
  const { main, contributes } = manifest;
  const checks =
    main === undefined ? [] : [activates, ...unpackerChecks(contributes.unpackers), ...sourceChecks(contributes), ends];
  for (const check of checks) {
    const start = results.find(({ name }) => name === activates.name);
    // Everything else would fail with the same words.
    const run = start?.outcome === 'failed' ? async () => 'it does not start' : () => check.run(context);
    tell(await perform(check.name, signal, run));
  }
  return results;
}

const activates: Check = {
  name: 'it starts and is active within 10 seconds',
  run: async ({ host, manifest, signal }) => await host.activate(manifest.id, { signal }),
};

const ends: Check = {
  name: 'it ends within 5 seconds when it is stopped',
  run: async ({ host, failures, manifest, signal }) => {
    await host.activate(manifest.id, { signal });
    const before = failures();
    const startedAt = performance.now();
    await host.stop();
    expect(performance.now() - startedAt < 5_000, 'it took longer, and was killed');
    expect(failures() === before, 'it crashed while it was stopped');
  },
};

function sourceChecks({ catalogSources }: ExtensionManifest['contributes']): Check[] {
  return catalogSources.map(
    ({ id }): Check => ({
      name: `${id} answers a configuration that says nothing, with an error or games that fit a catalog`,
      run: async ({ host, manifest, failures, signal }) => {
        const before = failures();
        let answer: string | undefined;
        try {
          const { games } = await host.catalogPage(manifest.id, id, { configuration: {}, signal });
          const problems = gameProblems(games);
          expect(problems.length === 0, problems.slice(0, 5).join('; '));
        } catch (error) {
          const isCalm = error instanceof LanspreadError && error.code === 'EXTENSION_FAILED';
          if (!isCalm) throw error;
          answer = `no game came to look at: ${error.message}`;
        }
        expect(failures() === before, 'its process crashed or was stopped for breaking a rule');
        return answer;
      },
    }),
  );
}

async function perform(name: string, signal: AbortSignal, work: () => Promise<string | void>): Promise<CheckResult> {
  throwIfAborted(signal);
  const startedAt = performance.now();
  const end = (outcome: CheckResult['outcome'], message?: string): CheckResult => ({
    name,
    outcome,
    ...(message !== undefined && { message }),
    milliseconds: Math.round(performance.now() - startedAt),
  });
  try {
    const skipped = await work();
    return typeof skipped === 'string' ? end('skipped', skipped) : end('passed');
  } catch (error) {
    throwIfAborted(signal);
    if (!(error instanceof CheckFailed || error instanceof LanspreadError)) throw error;
    return end('failed', error.message);
  }
}
