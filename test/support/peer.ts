/** One Lanspread process driven over its JSONL harness, as a program outside the project would drive it. */
import { readdirSync } from 'node:fs';
import { unhandledMessage } from '../../app/cli/stay-up.ts';
import { atExit } from './at-exit.ts';
import { HarnessLines, Refused, type HarnessEvent, type Json } from './peer-lines.ts';
import { patience } from './patience.ts';
import { spawnPeer, type PeerChild, type PeerOptions } from './peer-spawn.ts';

export type { PeerOptions } from './peer-spawn.ts';
export { Refused, type HarnessEvent, type Json } from './peer-lines.ts';

/** How long a peer may take to start, to answer, and by default to let an event come, in milliseconds. */
const startLimitMs = 30_000 * patience;
const answerLimitMs = 30_000 * patience;
const eventLimitMs = 30_000 * patience;
const quitLimitMs = 10_000 * patience;
const stderrKept = 64 * 1024;

export interface GameFacts {
  noLongerListed?: true;
  id: string;
  title: string;
  version: string;
  localVersion?: string;
  downloaded: boolean;
  heldBack?: string;
  installed: boolean;
  installedVersion?: string;
  updateAvailable: boolean;
  availability: string;
  peerCount: number;
  operation?: unknown;
  resumable?: { bytes: number };
  lastFailure?: { code: string; details?: Record<string, unknown> };
  playedBy?: { peerId: string; name: string }[];
}

export interface PeerFacts {
  peerId: string;
  transport?: string;
  name: string;
  addresses: string[];
  games: { id: string; version: string; availability: string; root?: string }[];
  playing: string[];
}

export class PeerProcess implements AsyncDisposable {
  readonly options: PeerOptions;
  readonly #child: PeerChild;
  readonly #lines = new HarnessLines();
  readonly #exited: Promise<{ exitCode: number | null; signal: string | null }>;
  #stderr = '';
  #running = true;

  /** Starts a peer and waits until it says `local-ready`. */
  static async start(options: PeerOptions): Promise<PeerProcess> {
    const peer = new PeerProcess(options);
    try {
      await peer.waitFor('started', undefined, { limitMs: startLimitMs });
      await peer.waitFor('local-ready', undefined, { limitMs: startLimitMs });
      return peer;
    } catch (cause) {
      await peer.kill9();
      throw new Error(`${options.name} did not start: ${String(cause)}\n${peer.stderr}`, { cause });
    }
  }

  private constructor(options: PeerOptions) {
    this.options = options;
    this.#child = spawnPeer(options);
    const killAtExit = atExit(() => this.#child.kill('SIGKILL'));
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => this.#lines.push(text));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-stderrKept);
    });
    // Writing to a peer that was just killed is an answer that never comes, not a crash of the test.
    this.#child.stdin.on('error', () => {});
    const { promise, resolve } = Promise.withResolvers<{ exitCode: number | null; signal: string | null }>();
    this.#exited = promise;
    const ended = (exitCode: number | null, signal: string | null, why: string): void => {
      this.#running = false;
      killAtExit[Symbol.dispose]();
      this.#lines.end(new Error(`${options.name} ${why}`));
      resolve({ exitCode, signal });
    };
    this.#child.on('error', (error) => ended(null, null, `could not be started: ${error.message}`));
    this.#child.on('close', (exitCode, signal) => ended(exitCode, signal, `exited with ${exitCode ?? signal}`));
  }

  get name(): string {
    return this.options.name;
  }

  get processId(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error(`${this.name} has no process`);
    return pid;
  }

  get stderr(): string {
    return this.#stderr;
  }

  get isRunning(): boolean {
    return this.#running;
  }

  /** Every event so far. */
  get events(): readonly HarnessEvent[] {
    return this.#lines.events;
  }

  /** What was said on stdout against the contract. */
  get problems(): readonly string[] {
    // What nobody looked after does not end a core, but is a fault.
    const isSound = !this.#stderr.includes(unhandledMessage);
    return isSound ? this.#lines.problems : [...this.#lines.problems, `unhandled: ${this.#stderr.slice(-2_000)}`];
  }

  /** The identity and where it listens, from its first line. */
  get peerId(): string {
    return String(this.#started['peerId']);
  }

  get addresses(): string[] {
    const { addresses } = this.#started;
    return Array.isArray(addresses) ? addresses.map(String) : [];
  }

  get #started(): HarnessEvent {
    const [first] = this.events;
    if (!first) throw new Error(`${this.name} said nothing yet`);
    return first;
  }

  /** A point in the events, for `since`: what comes after it is what a following command caused. */
  mark(): number {
    return this.events.length;
  }

  /**
   * The first event of this name, past or future, that the predicate accepts. Rejects at the limit, when the process
   * ends, or when it breaks the contract; never waits for nothing.
   */
  async waitFor(
    name: string | readonly string[],
    accepts: (event: HarnessEvent) => boolean = () => true,
    { limitMs = eventLimitMs, since = 0 }: { limitMs?: number; since?: number } = {},
  ): Promise<HarnessEvent> {
    const names = typeof name === 'string' ? [name] : name;
    const limit = new AbortController();
    const timer = setTimeout(() => {
      const heard = this.events.slice(since).map(({ event }) => event);
      const recent = heard.slice(-12).join(', ');
      limit.abort(
        new Error(`${this.name}: no ${names.join(' or ')} within ${limitMs / 1000} s; heard ${recent || 'nothing'}`),
      );
    }, limitMs);
    try {
      return await this.#lines.next((event) => names.includes(event.event) && accepts(event), {
        since,
        signal: limit.signal,
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Sends a command and returns its result. Rejects with `Refused` when the peer answers with an error. */
  async command(name: string, params: Json = {}): Promise<Json> {
    const { id, answer } = this.#lines.expectAnswer(name);
    this.#child.stdin.write(`${JSON.stringify({ id, command: name, params })}\n`);
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      this.#lines.forgetAnswer(id);
      reject(new Error(`${this.name}: no answer to ${name} within ${answerLimitMs / 1000} s`));
    }, answerLimitMs);
    try {
      const result = await Promise.race([answer, late]);
      // Commands answer with objects; what else comes is looked at by the test that asked.
      return typeof result === 'object' && result !== null ? { ...result } : { value: result };
    } finally {
      clearTimeout(timer);
    }
  }

  /** The code that a command is refused with. Throws when it is accepted. */
  async refusal(name: string, params: Json = {}): Promise<Refused> {
    try {
      await this.command(name, params);
    } catch (error) {
      if (error instanceof Refused) return error;
      throw error;
    }
    throw new Error(`${this.name} accepted ${name} ${JSON.stringify(params)}`);
  }

  async games(): Promise<GameFacts[]> {
    const { games } = await this.command('listGames');
    // The harness's contract names this shape; a scenario that reads a missing field fails on it.
    return games as GameFacts[];
  }

  /** One game of `listGames`. Throws when it is not listed. */
  async game(id: string): Promise<GameFacts> {
    const found = (await this.games()).find((game) => game.id === id);
    if (!found) throw new Error(`${this.name} does not list ${id}`);
    return found;
  }

  async peers(): Promise<PeerFacts[]> {
    const { peers } = await this.command('listPeers');
    return peers as PeerFacts[];
  }

  /** Open file descriptors of the process; undefined where the system does not tell. */
  openFiles(): number | undefined {
    try {
      return readdirSync(`/proc/${this.processId}/fd`).length;
    } catch {
      return undefined;
    }
  }

  /** Kills the process as a power cut would, and waits until it is gone. */
  async kill9(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** Waits until the process ends by itself; kills it when it does not. */
  async exited(limitMs: number): Promise<{ exitCode: number | null; signal: string | null }> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), limitMs);
    const outcome = await this.#exited;
    clearTimeout(timer);
    return outcome;
  }

  /** Ends the peer by its own command. Returns how long it took; kills it and throws when it does not end. */
  async quit(): Promise<{ exitCode: number | null; elapsedMs: number }> {
    const started = performance.now();
    // The process may end before its answer is read; how it ended is what counts.
    const answered = this.command('quit').catch((error: unknown) => error);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), quitLimitMs);
    const { exitCode, signal } = await this.#exited;
    clearTimeout(timer);
    await answered;
    if (signal !== null) throw new Error(`${this.name} did not quit within ${quitLimitMs / 1000} s`);
    return { exitCode, elapsedMs: performance.now() - started };
  }

  /** Closes the peer's standard input and returns the code it then exits with; kills it when it does not. */
  async closeInput(): Promise<number | null> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), quitLimitMs);
    this.#child.stdin.end();
    const { exitCode } = await this.#exited;
    clearTimeout(timer);
    return exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#running) await this.kill9();
  }
}
