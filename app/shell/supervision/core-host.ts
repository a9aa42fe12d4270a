/** Keeps a core running in its own process, for any shell. */
import type { ChildProcess } from 'node:child_process';
import { parseCoreMessage, type ShellMessage } from './messages.ts';
import { afterExit } from './restart-policy.ts';

export interface CoreHostListener {
  /** A core is up: the first one, or one after a crash. Its address stays the same if the port was still free. */
  onReady(facts: { url: string; kiosk: boolean }): void;
  /** The core crashed and restarts after this many milliseconds. */
  onCrashed(facts: { exitCode: number | null; restartsInMs: number }): void;
  /** Kiosk mode was switched on or off. */
  onKiosk(kiosk: boolean): void;
  /** The core ended for good. */
  onEnded(exitCode: number): void;
}

interface CoreHostOptions {
  /** Starts the core's process with an IPC channel. */
  fork: () => ChildProcess;
  listener: CoreHostListener;
  /** The time a core may take to stop before it is killed, in milliseconds. */
  quitLimitMs?: number;
}

const defaultQuitLimitMs = 2_000;

export class CoreHost {
  readonly #options: CoreHostOptions;
  #child: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #askedFor = false;
  #hasEnded = false;
  #wasEverReady = false;
  #failures = 0;

  constructor(options: CoreHostOptions) {
    this.#options = options;
    this.#start();
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Tells the core to stop, and kills it after the limit. `onEnded` follows once. */
  quit(): void {
    if (this.#askedFor || this.#hasEnded) return;
    this.#askedFor = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (!child) return this.#end(0);
    const kill = setTimeout(() => child.kill('SIGKILL'), this.#options.quitLimitMs ?? defaultQuitLimitMs);
    child.once('exit', () => clearTimeout(kill));
    const message: ShellMessage = { type: 'quit' };
    // The channel may already be closed; then the core stops because of that.
    if (child.connected) child.send(message, () => {});
  }

  /** Ends the core at once, because the shell itself is ending and cannot wait. */
  kill(): void {
    this.#askedFor = true;
    clearTimeout(this.#restart);
    this.#child?.kill('SIGKILL');
  }

  #start(): void {
    const child = this.#options.fork();
    this.#child = child;
    let readyAt: number | undefined;
    child.on('message', (raw) => {
      const message = parseCoreMessage(raw);
      if (message?.type === 'kiosk') this.#options.listener.onKiosk(message.kiosk);
      if (message?.type !== 'ready') return;
      readyAt = performance.now();
      this.#wasEverReady = true;
      this.#options.listener.onReady({ url: message.url, kiosk: message.kiosk });
    });
    let gone = false;
    const onGone = (exitCode: number | null): void => {
      if (gone) return;
      gone = true;
      this.#child = undefined;
      this.#exited(exitCode, readyAt === undefined ? 0 : performance.now() - readyAt);
    };
    child.once('error', () => onGone(1));
    child.once('exit', onGone);
  }

  #exited(exitCode: number | null, uptimeMs: number): void {
    const next = afterExit({
      exitCode,
      askedFor: this.#askedFor,
      wasEverReady: this.#wasEverReady,
      uptimeMs,
      failures: this.#failures,
    });
    if (next.kind === 'end') return this.#end(next.exitCode);
    this.#failures = next.failures;
    this.#options.listener.onCrashed({ exitCode, restartsInMs: next.afterMs });
    this.#restart = setTimeout(() => this.#start(), next.afterMs);
  }

  #end(exitCode: number): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#options.listener.onEnded(exitCode);
  }
}
