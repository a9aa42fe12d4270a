import {
  Emitter,
  LanspreadError,
  nodeFileSystem,
  type Clock,
  type FileSystem,
  type Logger,
  type SignalOptions,
} from '../../base/index.ts';
import type { Unpacker } from '../../content/index.ts';
import type {
  CatalogPage,
  CatalogQuery,
  CrashLedger,
  ExtensionDescription,
  ExtensionHost,
  ExtensionLogLine,
  ExtensionState,
  UnpackerInfo,
} from '../types.ts';
import { toExtension } from '../wire/index.ts';
import { catalogPageSchema, parseAnswer } from './answers.ts';
import { blame } from './blame.ts';
import { HostUnpacker } from './host-unpacker.ts';
import { defaultHostLimits, type HostLimits } from './limits.ts';
import type { ExtensionKeyValue } from './requests.ts';
import { ExtensionRunner } from './runner.ts';

interface ExtensionHostOptions {
  readonly storageOf: (extensionId: string) => ExtensionKeyValue;
  readonly ledger: CrashLedger;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly fileSystem?: FileSystem;
  readonly limits?: Partial<HostLimits>;
}

const stopLimitMs = 5_000;
/** The launcher ends within two seconds. */
const disposeLimitMs = 500;
export function createExtensionHost(options: ExtensionHostOptions): ExtensionHost {
  return new Host(options);
}

class Host implements ExtensionHost {
  readonly #options: ExtensionHostOptions;
  readonly #limits: HostLimits;
  readonly #states = new Emitter<ExtensionState>();
  readonly #logs = new Emitter<ExtensionLogLine>();
  readonly #leaving = new Set<Promise<void>>();
  /** In the user's order. */
  #runners = new Map<string, ExtensionRunner>();
  #lastCallId = 0;
  #isStopped = false;

  constructor(options: ExtensionHostOptions) {
    this.#options = options;
    this.#limits = { ...defaultHostLimits, ...options.limits };
  }

  get onDidChangeState() {
    return this.#states.event;
  }

  get onDidLog() {
    return this.#logs.event;
  }

  set(extensions: readonly ExtensionDescription[]): void {
    if (this.#isStopped) return;
    const before = this.#runners;
    this.#runners = new Map();
    for (const extension of extensions) {
      const known = before.get(extension.id);
      const isSame = known !== undefined && isKept(known, extension);
      this.#runners.set(extension.id, isSame ? known : this.#runner(extension));
      if (isSame) before.delete(extension.id);
    }
    for (const runner of before.values()) this.#retire(runner);
  }

  unpackers(): readonly Unpacker[] {
    const { clock, fileSystem = nodeFileSystem } = this.#options;
    return this.#contributions().map(
      ({ info, contribution }) =>
        new HostUnpacker(info.id, {
          runner: () => this.#find(info.extensionId),
          contribution,
          limits: this.#limits,
          clock,
          fileSystem,
        }),
    );
  }

  unpackerInfos(): readonly UnpackerInfo[] {
    return this.#contributions().map(({ info }) => info);
  }

  async catalogPage(
    extensionId: string,
    sourceId: string,
    { cursor, configuration, signal: caller }: CatalogQuery & SignalOptions,
  ): Promise<CatalogPage> {
    const runner = this.#find(extensionId);
    const { extension } = runner;
    const signal = caller ?? new AbortController().signal;
    const answer = await runner.use(
      async (running) => {
        const scope = running.openScope({ signal });
        const limit = new AbortController();
        const { catalogPageMs } = this.#limits;
        const what = `gave no page of ${JSON.stringify(sourceId)} within ${catalogPageMs} ms`;
        using _limit = this.#options.clock.timeout(
          () => limit.abort(blame('EXTENSION_TIMEOUT', extension, { what })),
          catalogPageMs,
        );
        try {
          const params = { callId: scope.id, sourceId, cursor, configuration };
          return await running.ask(toExtension.catalogPage, params, {
            signal: AbortSignal.any([signal, limit.signal]),
          });
        } finally {
          await running.closeScope(scope);
        }
      },
      { signal },
    );
    return parseAnswer(catalogPageSchema, answer, { extension, what: 'a page of a catalog' });
  }

  async activate(extensionId: string, { signal = new AbortController().signal }: SignalOptions = {}): Promise<void> {
    await this.#find(extensionId).use(async () => {}, { signal });
  }

  states(): readonly ExtensionState[] {
    return [...this.#runners.values()].map((runner) => runner.state());
  }

  async stop({ timeoutMs = stopLimitMs }: { timeoutMs?: number } = {}): Promise<void> {
    this.#isStopped = true;
    for (const runner of this.#runners.values()) this.#retire(runner, timeoutMs);
    await Promise.allSettled(this.#leaving);
    this.#states[Symbol.dispose]();
    this.#logs[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop({ timeoutMs: disposeLimitMs });
  }

  #runner(extension: ExtensionDescription): ExtensionRunner {
    const { clock, logger, ledger, storageOf } = this.#options;
    return new ExtensionRunner(extension, {
      limits: this.#limits,
      clock,
      logger,
      ledger,
      storage: storageOf(extension.id),
      nextCallId: () => (this.#lastCallId += 1),
      onState: (state) => this.#states.fire(state),
      onLog: (level, message) => this.#logs.fire({ extensionId: extension.id, level, message }),
    });
  }

  #retire(runner: ExtensionRunner, timeoutMs = stopLimitMs): void {
    const leaving = runner.close({ timeoutMs }).catch((error: unknown) => {
      this.#options.logger.error({ extensionId: runner.extension.id, err: error }, 'An extension was not put away.');
    });
    this.#leaving.add(leaving);
    void leaving.then(() => this.#leaving.delete(leaving));
  }

  #find(extensionId: string): ExtensionRunner {
    const runner = this.#runners.get(extensionId);
    if (!runner) throw new LanspreadError('UNKNOWN_EXTENSION', { details: { extensionId } });
    return runner;
  }

  #contributions() {
    return [...this.#runners.values()]
      .filter(({ extension }) => extension.enabled)
      .flatMap(({ extension }) =>
        extension.manifest.contributes.unpackers.map((contribution) => ({
          contribution,
          info: { id: `${extension.id}/${contribution.id}`, extensionId: extension.id, label: contribution.label },
        })),
      );
  }
}

/**
 * Whether the runner of before is still the right one. One that was disabled for its crashes stays, to say so to whoever
 * needs it, until it is enabled again.
 */
function isKept(known: ExtensionRunner, extension: ExtensionDescription): boolean {
  const isBroken = known.isBroken;
  if (isBroken && extension.enabled && known.wasDisabledByStore) return false;
  if (isBroken && !extension.enabled) known.wasDisabledByStore = true;
  const compared = isBroken ? { ...extension, enabled: known.extension.enabled } : extension;
  return fingerprint(known.extension) === fingerprint(compared);
}

function fingerprint({
  manifest,
  directory,
  trust,
  granted,
  enabled,
  readableFolders,
  development,
}: ExtensionDescription): string {
  return JSON.stringify([manifest, directory, trust, granted, enabled, readableFolders, development]);
}
