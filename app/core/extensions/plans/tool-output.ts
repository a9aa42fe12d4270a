import type { Readable } from 'node:stream';
import { anySignal, throwIfAborted } from '../../base/index.ts';
import { giveBack, ReadAhead } from './read-ahead.ts';
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

/** What one or more tools in a pipe write to their stdout. */
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
