import type { Readable } from 'node:stream';
import { CancellationTokenSource, type MessageConnection } from 'vscode-jsonrpc/node';
import { anySignal, untilAborted, type Clock, type LanspreadError, type Logger } from '../../base/index.ts';
import type { ExtensionDescription } from '../types.ts';
import { toExtension } from '../wire/index.ts';
import { blame, errorOfAnswer } from './blame.ts';
import { startHeartbeat } from './heartbeat.ts';
import type { HostLimits } from './limits.ts';
import { openLink, type LinkOptions } from './open-link.ts';
import { OutputLines } from './output-lines.ts';
import { killTree, spawnExtension, type ExtensionChild } from './spawn-extension.ts';

/** How long the last words of a process that ended are waited for, in milliseconds. */
const lastWordsMs = 200;

interface ProcessOptions {
  readonly extension: ExtensionDescription;
  readonly limits: HostLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly requests: LinkOptions['requests'];
  readonly notices: LinkOptions['notices'];
  /** A line it printed. */
  readonly onOutput: (stream: 'stdout' | 'stderr', line: string) => void;
}

interface AskOptions {
  readonly signal: AbortSignal;
}

/**
 * One process of an extension, from its start to its end. However it ends, whatever was asked of it rejects at once with
 * an error that names the extension.
 */
export class ExtensionProcess {
  /** Resolves when the process is gone: with why, or with nothing when it was asked to end. */
  readonly ended: Promise<LanspreadError | undefined>;
  readonly #options: ProcessOptions;
  readonly #parts: ExtensionChild;
  readonly #connection: MessageConnection;
  readonly #gone = new AbortController();
  readonly #cleanup = new DisposableStack();
  readonly #stderr: OutputLines;
  #reason: LanspreadError | undefined;
  #isStopping = false;
  #isLinkOpen = true;

  constructor(options: ProcessOptions) {
    this.#options = options;
    const { extension, clock, limits, onOutput } = options;
    this.#parts = spawnExtension(extension, limits);
    const { child, link, stdout, stderr } = this.#parts;
    const read = (name: 'stdout' | 'stderr', stream: Readable): OutputLines =>
      this.#cleanup.use(
        new OutputLines(stream, {
          clock,
          onLine: (line) => onOutput(name, line),
          onFlood: () => this.#violate(`it prints on ${name} without end`),
        }),
      );
    read('stdout', stdout);
    this.#stderr = read('stderr', stderr);
    this.#connection = openLink({
      ...options,
      pipe: link,
      gone: this.#gone.signal,
      onViolation: (what) => this.#violate(what),
      cleanup: this.#cleanup,
    });
    const heartbeat = startHeartbeat({
      clock,
      limitMs: limits.heartbeatMs,
      pid: child.pid,
      // Its first answer is waited for by `activate`, which has a limit of its own.
      // On a line that was closed a moment ago it throws at once.
      ping: async () => await this.#connection.sendRequest(toExtension.ping, {}),
      onSilent: () =>
        this.kill(
          blame('EXTENSION_TIMEOUT', extension, {
            what: `answers nothing for ${limits.heartbeatMs} ms and was stopped`,
          }),
        ),
      onMemory: (bytes) => this.#judgeMemory(bytes),
    });
    this.#cleanup.use(heartbeat);
    link.once('close', () => {
      this.#isLinkOpen = false;
      if (this.#isRunning) this.#endSoon();
    });
    this.ended = this.#watch();
  }

  get pid(): number | undefined {
    return this.#parts.child.pid;
  }

  /** Aborts, with the error of its end, as soon as the process is not to be asked any more. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /**
   * Asks the extension. When aborted it rejects at once; an extension that goes on for longer than the grace is killed.
   * Errors: what the extension threw, the reason of the signal, the error of the process's end.
   */
  async ask(method: string, params: object, { signal }: AskOptions): Promise<unknown> {
    const both = anySignal(this.#gone.signal, signal);
    const cancel = new CancellationTokenSource();
    return await untilAborted(both, async () => {
      const answer = this.#connection.sendRequest<unknown>(method, params, cancel.token);
      const onAbort = (): void => {
        if (!this.#isLinkOpen) return;
        cancel.cancel();
        this.#giveGrace(answer, method);
      };
      both.addEventListener('abort', onAbort, { once: true });
      try {
        return await answer;
      } catch (error) {
        // On a line that is closed the process is at its end, which says more.
        const end = this.#isLinkOpen ? this.#reason : await this.ended;
        throw end ?? errorOfAnswer(error, this.#options.extension);
      } finally {
        both.removeEventListener('abort', onAbort);
        cancel.dispose();
      }
    });
  }

  tell(method: string, params: object): void {
    // When the line is gone there is nobody to tell.
    if (this.#isLinkOpen && !this.#gone.signal.aborted)
      this.#connection.sendNotification(method, params).catch(() => {});
  }

  /** Whether this process stays alive for it. */
  setReferenced(isReferenced: boolean): void {
    const { child, link, stdout, stderr } = this.#parts;
    // A pipe of a child is a socket, which knows `ref`; the type of a stream does not.
    for (const handle of [child, link, stdout, stderr] as { ref?(): void; unref?(): void }[])
      if (isReferenced) handle.ref?.();
      else handle.unref?.();
  }

  /** Ends it now, with its process tree. */
  kill(reason?: LanspreadError): void {
    if (this.#gone.signal.aborted) return;
    this.#reason = reason;
    const { extension } = this.#options;
    this.#gone.abort(reason ?? blame('EXTENSION_CRASHED', extension, { what: 'was stopped' }));
    this.#connection.dispose();
    killTree(this.#parts.child);
    this.#parts.link.destroy();
  }

  /** Lets it deactivate, then ends it. Resolves when it is gone. Never rejects. */
  async stop({ limitMs }: { limitMs: number }): Promise<void> {
    this.#isStopping = true;
    this.setReferenced(true);
    const limit = AbortSignal.timeout(limitMs);
    try {
      await this.ask(toExtension.deactivate, {}, { signal: limit });
    } catch (error) {
      const { logger, extension } = this.#options;
      logger.warn({ extensionId: extension.id, err: error }, 'An extension did not deactivate.');
    }
    this.kill();
    await this.ended;
  }

  get #isRunning(): boolean {
    const { child } = this.#parts;
    return child.exitCode === null && child.signalCode === null && !this.#gone.signal.aborted;
  }

  #violate(what: string): void {
    this.kill(blame('EXTENSION_MISBEHAVED', this.#options.extension, { what: `was stopped: ${what}` }));
  }

  #judgeMemory(residentBytes: number): void {
    const { limits, extension } = this.#options;
    if (residentBytes <= limits.residentBytes) return;
    const what = `uses ${Math.round(residentBytes / 1024 / 1024)} MiB of memory and was stopped`;
    this.kill(blame('EXTENSION_MISBEHAVED', extension, { what, details: { residentBytes } }));
  }

  /** Somebody stopped waiting; who works on for nobody is stopped. */
  #giveGrace(answer: Promise<unknown>, method: string): void {
    if (this.#gone.signal.aborted) return;
    const { clock, limits, extension } = this.#options;
    const timer = clock.timeout(
      () => {
        const what = `went on with ${method} for ${limits.graceMs} ms after it was told to stop, and was stopped`;
        this.kill(blame('EXTENSION_TIMEOUT', extension, { what }));
      },
      limits.graceMs,
      { background: true },
    );
    const settled = (): void => timer[Symbol.dispose]();
    answer.then(settled, settled);
    this.#gone.signal.addEventListener('abort', settled, { once: true });
  }

  /** The line is closed: either it ends in this moment, or it closed the line itself. */
  #endSoon(): void {
    const { clock } = this.#options;
    this.#cleanup.use(
      clock.timeout(() => this.#isRunning && this.#violate('it closed its line to the launcher'), lastWordsMs),
    );
  }

  async #watch(): Promise<LanspreadError | undefined> {
    const { child } = this.#parts;
    const exit = await new Promise<{ exitCode: number | null; signal: string | null; error?: Error }>((resolve) => {
      child.once('error', (error) => resolve({ exitCode: null, signal: null, error }));
      child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
    });
    if (!this.#gone.signal.aborted) {
      if (!exit.error) await this.#lastWords();
      const { extension } = this.#options;
      const what = describeEnd({ ...exit, stderr: this.#stderr.tail });
      const details = { exitCode: exit.exitCode, signal: exit.signal };
      this.kill(blame('EXTENSION_CRASHED', extension, { what, details, cause: exit.error ?? this.#stderr.tail }));
    }
    this.#cleanup.dispose();
    return this.#isStopping && this.#reason?.code === 'EXTENSION_CRASHED' ? undefined : this.#reason;
  }

  async #lastWords(): Promise<void> {
    const { child } = this.#parts;
    const { promise, resolve } = Promise.withResolvers<void>();
    child.once('close', () => resolve());
    using _timer = this.#options.clock.timeout(resolve, lastWordsMs);
    await promise;
  }
}

interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly error?: Error;
  /** The end of what it complained about. */
  readonly stderr: string;
}

function describeEnd({ exitCode, signal, error, stderr }: ProcessEnd): string {
  if (error) return `could not be started: ${error.message}`;
  if (/heap out of memory|Allocation failed/i.test(stderr)) return 'ran out of the memory it may use';
  const how = signal === null ? `ended with exit code ${exitCode}` : `was ended by ${signal}`;
  const said = lastError(stderr);
  return said === undefined ? how : `${how}: ${said}`;
}

/** The line of an uncaught error that tells what it is. */
function lastError(stderr: string): string | undefined {
  const line = stderr
    .split('\n')
    .findLast((text) => /^(?:Uncaught )?[A-Za-z]*(?:Error|Exception)\b.*:/.test(text.trim()));
  return line?.trim().slice(0, 300);
}
