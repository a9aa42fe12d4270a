/** Questions with secret answers: no echo at a terminal, one line per answer from a pipe. */
import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';

/** How long a pipe may take for its next line, in milliseconds. At a terminal there is no limit. */
const pipeLimitMs = 5_000;

/** There was no answer: standard input ended, stayed silent, or the user pressed Ctrl-C. */
export class NoAnswer extends Error {
  readonly wasInterrupted: boolean;

  constructor({ wasInterrupted = false } = {}) {
    super('nobody answered');
    this.wasInterrupted = wasInterrupted;
  }
}

export interface SecretQuestions extends Disposable {
  readonly isTerminal: boolean;
  /** Throws `NoAnswer`. */
  ask(question: string): Promise<string>;
}

interface SecretStreams {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
  readonly limitMs?: number;
}

export function secretQuestions(
  { input, output, limitMs = pipeLimitMs }: SecretStreams = { input: process.stdin, output: process.stderr },
): SecretQuestions {
  const isTerminal = input.isTTY === true;
  // The terminal's editing keys still work (erase, Ctrl-C); readline's echo is discarded.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader: Interface = createInterface({ input, output: nowhere, terminal: isTerminal, historySize: 0 });
  const lines: string[] = [];
  let isOver = false;
  let wasInterrupted = false;
  let wake = (): void => {};
  reader.on('line', (line) => {
    lines.push(line.trim());
    wake();
  });
  reader.on('SIGINT', () => {
    wasInterrupted = true;
    reader.close();
  });
  reader.on('close', () => {
    isOver = true;
    wake();
  });
  return {
    isTerminal,
    async ask(question) {
      output.write(question);
      const answered = Promise.withResolvers<void>();
      wake = answered.resolve;
      const timer = isTerminal ? undefined : setTimeout(answered.resolve, limitMs);
      if (lines.length === 0 && !isOver) await answered.promise;
      clearTimeout(timer);
      output.write('\n');
      const line = lines.shift();
      if (line === undefined || line === '') throw new NoAnswer({ wasInterrupted });
      return line;
    },
    [Symbol.dispose]() {
      reader.close();
      // An open pipe would keep this process alive.
      input.pause();
      if ('destroy' in input && typeof input.destroy === 'function') input.destroy();
    },
  };
}
