/**
 * Breaks this process on purpose, at a numbered step of what it does to its disk and its database, so that a test sees
 * what is left then. `breaking-peer.ts` puts this around a core when one of these variables is set:
 *
 * - `LANSPREAD_CRASH_AT=[COMMAND:]N`: SIGKILL to itself at point N; every step has a point before and a point after it.
 *   With a command, points are counted from when the harness gets it; without, from the start. 0: never.
 * - `LANSPREAD_FAULT_AT=[COMMAND:]N:CODE[:forever]`: file-system step N (looks count, too) fails with this errno code, or
 *   every one from there on. Code `half`: half a write, then ENOSPC; half a read.
 * - `LANSPREAD_STEPS_LOG=FILE`: appends every counted point by name, so that one run tells how many there are.
 */
import { appendFileSync } from 'node:fs';
import { setEnvironmentData } from 'node:worker_threads';
import type { CoreDecorators, CoreHandle } from '../../app/core/core.ts';
import { steppedFileSystem } from './stepped-file-system.ts';
import { steppedState } from './stepped-state.ts';

export interface BreakPoints {
  readonly decorators: CoreDecorators;
  /** The same core; counting may begin with one of its commands. */
  watch(handle: CoreHandle): CoreHandle;
}

interface Target {
  readonly command: string | undefined;
  readonly at: number;
}

function parseTarget(text: string): Target {
  const parts = text.split(':');
  const at = Number(parts.at(-1));
  if (!Number.isSafeInteger(at) || at < 0) throw new TypeError(`Not a step to break at: ${text}.`);
  return { command: parts.length > 1 ? parts[0] : undefined, at };
}

/** Points that are counted, over every thread of the process: a lane worker finds the counter under `countName`. */
class Counter {
  readonly #shared = new Int32Array(new SharedArrayBuffer(8));
  readonly #command: string | undefined;

  constructor(command: string | undefined) {
    this.#command = command;
    if (command === undefined) this.#shared[1] = 1;
  }

  get shared(): Int32Array {
    return this.#shared;
  }

  /** From 1; undefined while nothing is counted. */
  next(): number | undefined {
    return Atomics.load(this.#shared, 1) === 0 ? undefined : Atomics.add(this.#shared, 0, 1) + 1;
  }

  onCommand(name: string): void {
    if (name === this.#command) Atomics.store(this.#shared, 1, 1);
  }
}

/** Where a thread of the same process finds what to count with: `getEnvironmentData`. */
const crashData = 'lanspread-crash-points';

export function readBreakPoints(environment: NodeJS.ProcessEnv = process.env): BreakPoints {
  const log = environment['LANSPREAD_STEPS_LOG'];
  const crash = crashPoints(environment['LANSPREAD_CRASH_AT'], log);
  const fault = faultSteps(environment['LANSPREAD_FAULT_AT']);
  const decorators: CoreDecorators = {
    fileSystem: (inner) =>
      steppedFileSystem(inner, {
        before({ name, path, changes }) {
          const half = fault.step();
          if (changes) crash.point(`before ${name} ${path}`);
          return half;
        },
        after({ name, path, changes }) {
          if (changes) crash.point(`after ${name} ${path}`);
        },
      }),
    state: (inner) =>
      steppedState(inner, {
        before: (name) => crash.point(`before ${name}`),
        after: (name) => crash.point(`after ${name}`),
      }),
    lane: (inner) => ({
      kind: inner.kind,
      fetch: (request, listener, options) =>
        inner.fetch(
          request,
          {
            ...listener,
            onBytes: (count) => listener.onBytes(count),
            onBlock(block, sound) {
              crash.point(`before block ${block}`);
              listener.onBlock(block, sound);
              crash.point(`after block ${block}`);
            },
          },
          options,
        ),
      [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
    }),
  };
  const onCommand = (name: string): void => {
    crash.onCommand(name);
    fault.onCommand(name);
  };
  return {
    decorators,
    watch: (handle) => ({
      ...handle,
      commands: {
        ...handle.commands,
        invokeUnknown(name, params) {
          onCommand(name);
          return handle.commands.invokeUnknown(name, params);
        },
      },
    }),
  };
}

function crashPoints(text: string | undefined, log: string | undefined) {
  const { command, at } = parseTarget(text ?? '0');
  const counter = new Counter(text === undefined ? '' : command);
  setEnvironmentData(crashData, { counter: counter.shared, at, log });
  return {
    point(name: string): void {
      const number = counter.next();
      if (number === undefined) return;
      if (log !== undefined) appendFileSync(log, `${number} ${name}\n`);
      if (number === at) process.kill(process.pid, 'SIGKILL');
    },
    onCommand: (name: string) => counter.onCommand(name),
  };
}

function faultSteps(text: string | undefined) {
  if (text === undefined) return { step: (): undefined => undefined, onCommand(): void {} };
  const match = /^(?<target>(?:[a-zA-Z]+:)?\d+):(?<code>[A-Z]+|half)(?<forever>:forever)?$/.exec(text);
  if (!match?.groups) throw new TypeError(`Not a fault: ${text}.`);
  const { target = '', code = '', forever } = match.groups;
  const { command, at } = parseTarget(target);
  const counter = new Counter(command);
  return {
    step(): 'half' | undefined {
      const number = counter.next();
      if (number === undefined || at === 0 || number < at || (number > at && forever === undefined)) return undefined;
      if (code === 'half') return 'half';
      throw Object.assign(new Error(`${code}: a fault on purpose`), { code });
    },
    onCommand: (name: string) => counter.onCommand(name),
  };
}
