/** What the benches share: figures, statistics, child processes that answer. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** One line of a bench's output. */
export interface Figure {
  readonly figure: string;
  readonly unit: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
  /** What `ratio` compares with, measured in the same run, in turn. */
  readonly reference?: string;
  /** Median over the pairs; above 1 is better than the reference. */
  readonly ratio?: number;
}

/** A bench's module. */
export interface Bench {
  run(args: readonly string[]): Promise<readonly Figure[]>;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  if (low === undefined || high === undefined) throw new RangeError('no values');
  return (low + high) / 2;
}

const rounded = (value: number): number => Number(value.toPrecision(4));

export interface FigureOptions {
  readonly unit: string;
  readonly values: readonly number[];
  /** The reference's values of the same rounds; `values` and these are compared pair by pair. */
  readonly reference?: { readonly name: string; readonly values: readonly number[] };
}

/** A figure of values of which more is better. */
export function figure(name: string, { unit, values, reference }: FigureOptions): Figure {
  const ratios = reference?.values.map((value, index) => (values[index] ?? Number.NaN) / value);
  return {
    figure: name,
    unit,
    median: rounded(median(values)),
    min: rounded(Math.min(...values)),
    max: rounded(Math.max(...values)),
    runs: values.length,
    ...(reference && ratios && { reference: reference.name, ratio: rounded(median(ratios)) }),
  };
}

/** A process of ours that answers one message with one message. */
export class Helper implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #waiting: PromiseWithResolvers<unknown> | undefined;

  /** `module` lies beside the benches; `args` go to its `process.argv`. */
  constructor(module: string, args: readonly string[] = []) {
    const path = fileURLToPath(new URL(module, import.meta.url));
    this.#child = fork(path, args, { execArgv: ['--disable-warning=ExperimentalWarning'], stdio: 'inherit' });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#exited = promise;
    this.#child.once('exit', (code, signal) => {
      this.#waiting?.reject(new Error(`${module} ended with ${code ?? signal}`));
      resolve();
    });
    this.#child.on('message', (answer) => {
      this.#waiting?.resolve(answer);
      this.#waiting = undefined;
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The caller knows what its own helper answers. */
  async ask<T>(question: object): Promise<T> {
    this.#waiting = Promise.withResolvers<unknown>();
    const { promise } = this.#waiting;
    this.#child.send(question);
    return (await promise) as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 3_000);
    await this.#exited;
    clearTimeout(timer);
  }
}

/** In a helper: answers each question with what `handlers` return for its `op`; ends when the parent lets go. */
export function answer(handlers: Readonly<Record<string, (question: never) => Promise<object>>>): void {
  process.on('message', (question: { op: string }) => {
    const handler = handlers[question.op];
    if (!handler) throw new Error(`no ${question.op} here`);
    // The parent asks only what its own helper answers.
    handler(question as never).then(
      (reply) => process.send?.(reply),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
  process.once('disconnect', () => process.exit(0));
}
