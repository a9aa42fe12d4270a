import type {
  Archive,
  Call,
  RunToolOptions,
  ToolArgument,
  ToolResult,
  UnpackCall,
} from '../../../extension-api/index.ts';
import {
  defaultToolCaptureBytes,
  maxPieceBytes,
  maxToolCaptureBytes,
  notices,
  toHost,
  type ArchiveFacts,
} from '../wire/index.ts';
import type { HostLink } from './host-link.ts';

const tellEveryMs = 100;

/** The object that each call of the host gets to work with. */
export class HostCall implements UnpackCall {
  readonly signal: AbortSignal;
  readonly #link: HostLink;
  readonly #callId: number;
  #timer: NodeJS.Timeout | undefined;
  #latest: { done: number; total?: number } | undefined;

  constructor(link: HostLink, callId: number, signal: AbortSignal) {
    this.#link = link;
    this.#callId = callId;
    this.signal = signal;
  }

  /** Told at most every 100 ms; the host wants to know that, not each step. */
  readonly progress: Call['progress'] = (done, total) => {
    this.#latest = { done, ...(total !== undefined && { total }) };
    if (this.#timer) return;
    this.#tell();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#latest) this.#tell();
    }, tellEveryMs);
    this.#timer.unref();
  };

  readonly runTool = async (
    tool: string,
    args: readonly ToolArgument[],
    options: RunToolOptions = {},
  ): Promise<ToolResult> => {
    const { input, onOutput, beyond = 'stop' } = options;
    const wantedBytes = Math.min(options.maxOutputBytes ?? defaultToolCaptureBytes, maxToolCaptureBytes);
    const callId = this.#callId;
    const { runId } = await this.#link.ask(toHost.startTool, { callId, tool, args, input }, this.signal);
    const pieces: Uint8Array[] = [];
    let takenBytes = 0;
    let end: 'ended' | 'stop' | 'count' = 'ended';
    for (;;) {
      if (!onOutput && takenBytes >= wantedBytes) {
        end = beyond;
        break;
      }
      const { bytes } = await this.#link.ask(toHost.readTool, { callId, runId }, this.signal);
      if (!(bytes instanceof Uint8Array)) break;
      takenBytes += bytes.length;
      if (onOutput) await onOutput(bytes);
      else pieces.push(bytes);
    }
    const result = await this.#link.ask(toHost.finishTool, { callId, runId, end }, this.signal);
    // The host's own answer, in the shape of `ToolResult` but for what was read above.
    const facts = result as unknown as Omit<ToolResult, 'stdout'>;
    return { ...facts, stdout: Buffer.concat(pieces).subarray(0, wantedBytes) };
  };

  readonly archive = (facts: ArchiveFacts): Archive => ({
    ...facts,
    read: async (offset, length, volume = 0) => {
      const params = { callId: this.#callId, offset, length: Math.min(length, maxPieceBytes), volume };
      const { bytes } = await this.#link.ask(toHost.readArchive, params, this.signal);
      return bytes instanceof Uint8Array ? bytes : new Uint8Array(0);
    },
  });

  #tell(): void {
    const latest = this.#latest;
    this.#latest = undefined;
    if (latest) this.#link.tell(notices.progress, { callId: this.#callId, ...latest });
  }
}
