import type { Readable } from 'node:stream';
import { anySignal, throwIfAborted } from '../../core/base/index.ts';
import { startTool, type RunningTool, type ToolExit } from './tool.ts';
import { isSuccess, toError } from './verdict.ts';

export interface ContentOptions {
  readonly tool: string;
  readonly stallMs: number;
  readonly signal: AbortSignal;
}

/** What one or more tools in a pipe write to their stdout. */
export interface ArchiveContent extends AsyncDisposable {
  /** The tool stands still while nobody asks: nothing is read ahead but what a pipe holds. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Waits for the end of the tools and throws what they complain about. Errors: those of `Unpacker.stream`. */
  finish(): Promise<void>;
}

/** Starts the tools with these arguments, each one's stdout the next one's stdin. Disposing kills them and waits. */
export function openContent(pipeline: readonly (readonly string[])[], options: ContentOptions): ArchiveContent {
  const stop = new AbortController();
  const signal = anySignal(options.signal, stop.signal);
  const pace = new Pace();
  const tools: RunningTool[] = [];
  let output: Readable | undefined;
  for (const args of pipeline) {
    const stdin = output;
    const tool = startTool({
      tool: options.tool,
      args,
      stdin: stdin ?? 'ignore',
      stdout: 'pass',
      signal,
      stallMs: options.stallMs,
      isMoving: () => Promise.resolve(pace.isMoving()),
    });
    // Looked at in `finish`; a rejection in between is not unhandled.
    tool.done.catch(() => {});
    tools.push(tool);
    output = tool.output;
    // Only the next tool holds the pipe now, so the one before notices when that goes away.
    stdin?.destroy();
  }
  return {
    chunks: { [Symbol.asyncIterator]: () => pace.read(output, signal) },
    async finish() {
      output?.destroy();
      throwOfWorst(await Promise.all(tools.map(({ done }) => done)));
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      output?.destroy();
      await Promise.allSettled(tools.map(({ done }) => done));
    },
  };
}

/** Knows whether a silent tool has stopped or is kept waiting by whoever reads from it. */
class Pace {
  #readBytes = 0;
  #seenBytes = -1;
  #isWanted = false;

  isMoving(): boolean {
    const moved = !this.#isWanted || this.#readBytes > this.#seenBytes;
    this.#seenBytes = this.#readBytes;
    return moved;
  }

  async *read(output: Readable | undefined, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    if (!output) return;
    this.#isWanted = true;
    for await (const chunk of output) {
      throwIfAborted(signal);
      // A stream without an encoding yields Buffers.
      const bytes = chunk as Buffer;
      this.#readBytes += bytes.length;
      this.#isWanted = false;
      yield bytes;
      this.#isWanted = true;
    }
  }
}

/** A broken stream is the cause of whatever the tool behind it says about that, unless that one left first. */
function throwOfWorst(exits: readonly ToolExit[]): void {
  const failed =
    exits.find((exit) => !isSuccess(exit) && exit.exitCode !== null) ?? exits.find((exit) => !isSuccess(exit));
  if (failed) throw toError(failed);
}
