/** The JSONL harness's output as facts: which line is what, who waits for it, and what should never have been said. */

export type Json = Record<string, unknown>;

export interface HarnessEvent extends Json {
  readonly event: string;
}

/** A command that was refused, with the code it was refused with. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: string;
  readonly error: Json;

  constructor(command: string, error: Json) {
    super(`${command} was refused: ${JSON.stringify(error)}`);
    this.code = String(error['code']);
    this.error = error;
  }
}

interface Waiter {
  readonly matches: (event: HarnessEvent) => boolean;
  readonly resolve: (event: HarnessEvent) => void;
  readonly reject: (error: Error) => void;
}

interface PendingCommand {
  readonly name: string;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Takes the lines of one process's standard output. A line that breaks the contract is remembered in `problems`, and
 * fails whatever waits: a test cannot go on past it.
 */
export class HarnessLines {
  readonly events: HarnessEvent[] = [];
  readonly problems: string[] = [];
  readonly #waiters = new Set<Waiter>();
  readonly #commands = new Map<number, PendingCommand>();
  #unfinished = '';
  #ended: Error | undefined;
  #nextId = 1;

  /** Text as it comes from the pipe, in any pieces. */
  push(text: string): void {
    const lines = (this.#unfinished + text).split('\n');
    this.#unfinished = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  }

  /** The process is gone: nothing more will come. */
  end(error: Error): void {
    if (this.#unfinished !== '') this.#problem(`an unfinished line: ${this.#unfinished.slice(0, 200)}`);
    this.#ended = error;
    this.#failAll(error);
  }

  /** Registers a command; the returned id goes into the line that is sent. */
  expectAnswer(name: string): { id: number; answer: Promise<unknown> } {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const id = this.#nextId;
    this.#nextId += 1;
    if (this.#ended) reject(this.#ended);
    else this.#commands.set(id, { name, resolve, reject });
    return { id, answer: promise };
  }

  forgetAnswer(id: number): void {
    this.#commands.delete(id);
  }

  /** The first event from `since` on that matches, past or future. Rejects when the signal aborts, with its reason. */
  next(
    matches: (event: HarnessEvent) => boolean,
    options: { since: number; signal: AbortSignal },
  ): Promise<HarnessEvent> {
    const past = this.events.slice(options.since).find(matches);
    if (past) return Promise.resolve(past);
    const stopped = this.#ended ?? (this.problems[0] === undefined ? undefined : new Error(this.problems[0]));
    if (stopped) return Promise.reject(stopped);
    const { promise, resolve, reject } = Promise.withResolvers<HarnessEvent>();
    const waiter: Waiter = { matches, resolve, reject };
    this.#waiters.add(waiter);
    options.signal.addEventListener('abort', () => {
      this.#waiters.delete(waiter);
      reject(options.signal.reason instanceof Error ? options.signal.reason : new Error(String(options.signal.reason)));
    });
    return promise;
  }

  #line(line: string): void {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      this.#problem(`stdout carries a line that is not JSON: ${line.slice(0, 200)}`);
      return;
    }
    if (!isRecord(value)) this.#problem(`stdout carries a line that is not an object: ${line.slice(0, 200)}`);
    else if (typeof value['event'] === 'string') this.#event({ ...value, event: value['event'] });
    else this.#answer(value, line);
  }

  #event(event: HarnessEvent): void {
    if (this.events.length === 0 && event.event !== 'started')
      this.#problem(`the first event is ${event.event}, not started`);
    if (typeof event['at'] !== 'string')
      this.#problem(`an event without a time: ${JSON.stringify(event).slice(0, 200)}`);
    this.events.push(event);
    for (const waiter of this.#waiters) {
      if (!waiter.matches(event)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(event);
    }
  }

  #answer(value: Json, line: string): void {
    const command = this.#commands.get(Number(value['id']));
    if (!command) {
      this.#problem(`an answer nobody asked for, or a second one: ${line.slice(0, 200)}`);
      return;
    }
    const failed = isRecord(value['error']);
    if (failed === Object.hasOwn(value, 'result')) this.#problem(`neither result nor error: ${line.slice(0, 200)}`);
    this.#commands.delete(Number(value['id']));
    if (isRecord(value['error'])) command.reject(new Refused(command.name, value['error']));
    else command.resolve(value['result']);
  }

  #problem(text: string): void {
    this.problems.push(text);
    this.#failAll(new Error(text));
  }

  #failAll(error: Error): void {
    for (const { reject } of this.#waiters) reject(error);
    this.#waiters.clear();
    for (const { reject } of this.#commands.values()) reject(error);
    this.#commands.clear();
  }
}
