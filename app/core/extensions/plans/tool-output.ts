import type { Readable } from 'node:stream';
import { anySignal, throwIfAborted } from '../../base/index.ts';
import { ToolPipe, type ToolEnd } from './tool-pipe.ts';
import { startTool, type RunningTool, type ToolExit } from './tool-process.ts';

/** A program and its arguments, ready to be started. */
export interface ReadyTool {
  /** Absolute, checked. */
  readonly path: string;
  readonly args: readonly string[];
}

interface ToolOutputOptions {
  readonly cwd: string;
  /** See `ToolRun.stallMs`. */
  readonly stallMs: number;
  readonly signal: AbortSignal;
}

/** The stdout of one tool, or of several in a pipe. */
export interface ToolOutput extends AsyncDisposable {
  /** Each valid until the next is asked for. The tool stands still while nobody asks, but for a few MiB read ahead. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Waits for the end of the tools; what they still print is dropped. Errors: see `RunningTool.done`. */
  finish(): Promise<readonly ToolExit[]>;
}

/** Starts the tools, each one's stdout the next one's stdin. Disposing kills them and waits. */
export async function openToolOutput(pipeline: readonly ReadyTool[], options: ToolOutputOptions): Promise<ToolOutput> {
  const end = await openEnd();
  const stop = new AbortController();
  const signal = anySignal(options.signal, stop.signal);
  const pace = new Pace();
  const tools: RunningTool[] = [];
  let output: Readable | undefined;
  try {
    for (const [index, { path, args }] of pipeline.entries()) {
      const stdin = output;
      const tool = startTool({
        tool: path,
        args,
        cwd: options.cwd,
        stdin: stdin ?? 'ignore',
        stdout: (index === pipeline.length - 1 && end?.far) || 'pass',
        signal,
        stallMs: options.stallMs,
        onStderr: () => pace.heard(),
        isMoving: pace.observer(),
      });
      // Looked at in `finish`; a rejection in between is not unhandled.
      tool.done.catch(() => {});
      tools.push(tool);
      output = tool.output;
      // Only the next tool holds the pipe now, so the one before notices when that goes away.
      stdin?.destroy();
    }
  } catch (error) {
    end?.pipe[Symbol.dispose]();
    throw error;
  } finally {
    // Only the tool holds it now.
    end?.far.destroy();
  }
  const chunks = end?.pipe ?? (output && passing(new ReadAhead(output)));
  const close = (): void => {
    end?.pipe[Symbol.dispose]();
    output?.destroy();
  };
  return {
    chunks: { [Symbol.asyncIterator]: () => pace.read(chunks, signal) },
    async finish() {
      close();
      return await Promise.all(tools.map(({ done }) => done));
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      close();
      await Promise.allSettled(tools.map(({ done }) => done));
    },
  };
}

/** Where the last tool prints to; undefined where only a pipe of `spawn` will do. */
async function openEnd(): Promise<ToolEnd | undefined> {
  if (process.platform === 'win32') return undefined;
  return await ToolPipe.open().catch(() => undefined);
}

/** The same pieces; the memory of each is given back when the next is asked for. */
async function* passing(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) {
    yield chunk;
    giveBack(chunk);
  }
}

/**
 * Knows whether silent tools have stopped or are kept waiting by whoever reads from them. In a pipe, what one tool does
 * speaks for all: the last one may have nothing to print before it has read the whole.
 */
class Pace {
  /** Counts what shows that the tools get on. */
  #signs = 0;
  #isWanted = false;

  /** Tells, each time it is asked, whether there was anything since it was asked before. Every tool has its own. */
  observer(): () => Promise<boolean> {
    let seen = -1;
    return () => {
      const moved = !this.#isWanted || this.#signs > seen;
      seen = this.#signs;
      return Promise.resolve(moved);
    };
  }

  heard(): void {
    this.#signs += 1;
  }

  async *read(
    output: AsyncIterable<Uint8Array> | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    if (!output) return;
    this.#isWanted = true;
    for await (const chunk of output) {
      throwIfAborted(signal);
      this.#signs += 1;
      this.#isWanted = false;
      yield chunk;
      this.#isWanted = true;
    }
  }
}

/** Handed on at once: a pipe gives 40 KiB at a time, and every piece has its cost at each hop to the socket. */
const pieceBytes = 512 * 1024;
/** Beyond this the tool stands still. */
const aheadBytes = 4 * 1024 * 1024;

/**
 * Gives the memory of bytes back that nobody uses any more. Left to the collector, a stream of them keeps it busier than
 * unpacking does. Bytes that share their memory with others are left alone.
 */
function giveBack({ buffer, length }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === length) buffer.transfer(0);
}

/**
 * Reads a tool's output ahead and joins it to larger pieces. A pipe alone holds so little that the tool would stand still
 * whenever the reader is busy with what it has. Nothing is lost when the tool ends before it was asked.
 */
class ReadAhead implements AsyncIterable<Buffer> {
  readonly #output: Readable;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #isOver = false;
  #failure: unknown;
  #wake: (() => void) | undefined;

  constructor(output: Readable) {
    this.#output = output;
    output.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#bytes += chunk.length;
      if (this.#bytes >= aheadBytes) output.pause();
      if (this.#bytes >= pieceBytes) this.#wake?.();
    });
    output.once('end', () => this.#end(undefined));
    output.once('close', () => this.#end(undefined));
    output.once('error', (error) => this.#end(error));
  }

  /** Errors: the output's. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      while (this.#bytes < pieceBytes && !this.#isOver) await this.#more();
      if (this.#bytes === 0) break;
      const piece = this.#take();
      if (this.#output.isPaused()) this.#output.resume();
      yield piece;
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #more(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await promise;
    this.#wake = undefined;
  }

  #take(): Buffer {
    const piece = Buffer.allocUnsafeSlow(this.#bytes);
    let at = 0;
    for (const chunk of this.#chunks) {
      piece.set(chunk, at);
      at += chunk.length;
      giveBack(chunk);
    }
    this.#chunks = [];
    this.#bytes = 0;
    return piece;
  }

  #end(failure: unknown): void {
    this.#failure ??= failure;
    this.#isOver = true;
    this.#wake?.();
  }
}
