import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LanspreadError, untilAborted, type Clock, type IDisposable, type Logger } from '../../base/index.ts';
import { ToolBox } from '../plans/index.ts';
import type { CrashLedger, ExtensionDescription, ExtensionPhase, ExtensionState } from '../types.ts';
import { callOver, toExtension, type ActivateParams } from '../wire/index.ts';
import { blame } from './blame.ts';
import { CallScope, type CallScopeOptions } from './call-scope.ts';
import { ExtensionProcess } from './extension-process.ts';
import { Fetcher } from './fetcher.ts';
import type { HostLimits } from './limits.ts';
import { noticeHandlers, requestHandlers, type ExtensionKeyValue, type LogLevel } from './requests.ts';

interface RunnerOptions {
  readonly limits: HostLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ledger: CrashLedger;
  readonly storage: ExtensionKeyValue;
  /** Unique in this core. */
  readonly nextCallId: () => number;
  readonly onState: (state: ExtensionState) => void;
  readonly onLog: (level: LogLevel, message: string) => void;
}

/** The work that is done with a running extension. */
export interface RunningExtension {
  readonly ask: ExtensionProcess['ask'];
  /** The requests that the extension may make during this call. */
  openScope(options: Omit<CallScopeOptions, 'id' | 'toolBox' | 'stallMs'>): CallScope;
  closeScope(scope: CallScope): Promise<void>;
}

/** One extension: starts its process when it is needed, stops it when it is not, and counts its crashes. */
export class ExtensionRunner {
  readonly extension: ExtensionDescription;
  readonly toolBox: ToolBox;
  /** The store knows that it is disabled for its crashes. */
  wasDisabledByStore = false;
  readonly #options: RunnerOptions;
  readonly #scopes = new Map<number, CallScope>();
  readonly #crashTimes: number[] = [];
  #process: Promise<ExtensionProcess> | undefined;
  #running: ExtensionProcess | undefined;
  #stopping: Promise<void> | undefined;
  #users = 0;
  #idle: IDisposable | undefined;
  #phase: ExtensionPhase = 'stopped';
  #lastError: LanspreadError | undefined;
  #isClosed = false;

  constructor(extension: ExtensionDescription, options: RunnerOptions) {
    this.extension = extension;
    this.#options = options;
    this.toolBox = new ToolBox(extension);
    if (!extension.enabled) this.#phase = 'disabled';
  }

  /** Disabled for its crashes. */
  get isBroken(): boolean {
    return this.#phase === 'disabled' && this.extension.enabled;
  }

  state(): ExtensionState {
    return {
      id: this.extension.id,
      phase: this.#phase,
      crashCount: this.#options.ledger.count(this.extension.id),
      ...(this.#running?.pid !== undefined && { pid: this.#running.pid }),
      ...(this.#lastError && { lastError: this.#lastError }),
    };
  }

  /** Runs `work` with the extension active. Errors: those of `ExtensionHost`. */
  async use<T>(work: (running: RunningExtension) => Promise<T>, { signal }: { signal: AbortSignal }): Promise<T> {
    this.#users += 1;
    this.#idle?.[Symbol.dispose]();
    try {
      const process = await untilAborted(signal, () => this.#start());
      process.setReferenced(true);
      return await work({
        ask: (method, params, options) => process.ask(method, params, options),
        openScope: (options) => this.#openScope(options),
        closeScope: async (scope) => {
          this.#scopes.delete(scope.id);
          process.tell(callOver, { callId: scope.id });
          await scope[Symbol.asyncDispose]();
        },
      });
    } finally {
      this.#users -= 1;
      this.#restSoon();
    }
  }

  /** Ends the process; nothing is started any more. */
  async close({ timeoutMs }: { timeoutMs: number }): Promise<void> {
    this.#isClosed = true;
    this.#idle?.[Symbol.dispose]();
    // The start may have failed; then it is over too.
    const process = this.#running ?? (await this.#process?.catch(() => undefined));
    await process?.stop({ limitMs: Math.min(timeoutMs, this.#options.limits.deactivateMs) });
    await this.#stopping;
  }

  async #start(): Promise<ExtensionProcess> {
    if (this.#phase === 'disabled') throw this.#disabledError();
    if (this.#isClosed) throw new LanspreadError('SHUTTING_DOWN');
    await this.#stopping;
    // One that was killed is waited for, so that there are never two.
    if (this.#running?.gone.aborted) await this.#running.ended;
    const launching = (this.#process ??= this.#launch());
    try {
      return await launching;
    } catch (error) {
      // A failure before the process existed is no state: the next call tries again.
      if (this.#process === launching) this.#process = undefined;
      throw error;
    }
  }

  async #launch(): Promise<ExtensionProcess> {
    const { limits, clock, logger, onLog, storage } = this.#options;
    const { extension } = this;
    const services = {
      scope: (id: number) => this.#scopes.get(id),
      storage,
      fetcher: new Fetcher(extension.granted.net),
      onLog: (level: LogLevel, message: string, facts: Record<string, unknown>) => {
        logger[level]({ extensionId: extension.id, facts }, message);
        onLog(level, message);
      },
    };
    this.#setPhase('starting');
    let process: ExtensionProcess;
    try {
      process = new ExtensionProcess({
        extension,
        limits,
        clock,
        logger,
        requests: requestHandlers(services),
        notices: noticeHandlers(services),
        onOutput: (stream, line) => {
          logger.debug({ extensionId: extension.id, stream }, line);
          onLog(stream === 'stderr' ? 'warn' : 'info', line);
        },
      });
    } catch (cause) {
      const what = `could not be started: ${cause instanceof Error ? cause.message : cause}`;
      throw this.#crashed(blame('EXTENSION_CRASHED', extension, { what, cause }));
    }
    this.#running = process;
    void process.ended.then((error) => this.#onEnded(process, error));
    try {
      await this.#activate(process);
    } catch (error) {
      const known =
        error instanceof LanspreadError
          ? error
          : blame('EXTENSION_FAILED', extension, { what: 'failed', cause: error });
      process.kill(known);
      await process.ended;
      throw known;
    }
    if (this.#running === process) this.#setPhase('running');
    return process;
  }

  async #activate(process: ExtensionProcess): Promise<void> {
    const { id, directory, manifest } = this.extension;
    const { activateMs } = this.#options.limits;
    const params: ActivateParams = {
      extensionId: id,
      directory,
      mainUrl: pathToFileURL(join(directory, manifest.main ?? 'index.js')).href,
      unpackers: manifest.contributes.unpackers.map((unpacker) => unpacker.id),
      catalogSources: manifest.contributes.catalogSources.map((source) => source.id),
    };
    const late = blame('EXTENSION_TIMEOUT', this.extension, { what: `was not active after ${activateMs} ms` });
    const stop = new AbortController();
    using _limit = this.#options.clock.timeout(() => stop.abort(late), activateMs);
    await process.ask(toExtension.activate, params, { signal: stop.signal });
  }

  #openScope(options: Omit<CallScopeOptions, 'id' | 'toolBox' | 'stallMs'>): CallScope {
    const id = this.#options.nextCallId();
    const scope = new CallScope({ ...options, id, toolBox: this.toolBox, stallMs: this.#options.limits.unpackMs });
    this.#scopes.set(id, scope);
    return scope;
  }

  #onEnded(process: ExtensionProcess, error: LanspreadError | undefined): void {
    if (this.#running !== process) return;
    this.#running = undefined;
    this.#process = undefined;
    this.#idle?.[Symbol.dispose]();
    if (error && !this.#isClosed) this.#crashed(error);
    else this.#setPhase('stopped');
  }

  #crashed(error: LanspreadError): LanspreadError {
    const { ledger, clock, limits, logger } = this.#options;
    const { id } = this.extension;
    this.#lastError = error;
    this.#process = undefined;
    logger.error({ extensionId: id, err: error }, 'An extension ended.');
    this.#note(() => ledger.add(id, error));
    const now = clock.monotonicMs();
    this.#crashTimes.push(now);
    while ((this.#crashTimes[0] ?? now) < now - limits.crashWindowMs) this.#crashTimes.shift();
    if (this.#crashTimes.length < limits.crashes) {
      this.#setPhase('crashed');
      return error;
    }
    this.#lastError = this.#disabledError();
    logger.error({ extensionId: id, err: this.#lastError }, 'An extension is disabled.');
    // The store answers with a new description at once, and this runner has to stay for its last error.
    this.#setPhase('disabled');
    const disabled = this.#lastError;
    this.#note(() => ledger.disable(id, disabled));
    return error;
  }

  /** A crash that cannot be stored still counts until this core ends. */
  #note(write: () => void): void {
    try {
      write();
    } catch (error) {
      const { id } = this.extension;
      this.#options.logger.warn({ extensionId: id, err: error }, 'A crash of an extension could not be written down.');
    }
  }

  #disabledError(): LanspreadError {
    const { crashes, crashWindowMs } = this.#options.limits;
    if (this.#lastError?.code === 'EXTENSION_DISABLED') return this.#lastError;
    const last = this.#lastError;
    if (!last) return blame('EXTENSION_DISABLED', this.extension, { what: 'is disabled' });
    const what = `ended ${crashes} times within ${Math.round(crashWindowMs / 60_000)} minutes and is disabled; last: ${last.message.replace(/\.$/, '')}`;
    return blame('EXTENSION_DISABLED', this.extension, { what, cause: last });
  }

  #restSoon(): void {
    this.#idle?.[Symbol.dispose]();
    if (this.#users > 0 || this.#isClosed) return;
    this.#running?.setReferenced(false);
    const { clock, limits } = this.#options;
    this.#idle = clock.timeout(() => this.#rest(), limits.idleMs, { background: true });
  }

  #rest(): void {
    const process = this.#running;
    if (!process || this.#users > 0) return;
    // A call that comes now waits until the process has ended, then starts a new one.
    this.#stopping = process.stop({ limitMs: this.#options.limits.deactivateMs }).then(() => {
      this.#stopping = undefined;
    });
  }

  #setPhase(phase: ExtensionPhase): void {
    if (this.#phase === phase) return;
    this.#phase = phase;
    this.#options.onState(this.state());
  }
}
