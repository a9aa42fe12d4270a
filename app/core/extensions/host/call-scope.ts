import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anySignal, LanspreadError, nodeFileSystem, type IDisposable } from '../../base/index.ts';
import type { SinkChannel, ToolBox } from '../plans/index.ts';
import type { ActivityLimit } from './activity-limit.ts';
import type { ArchiveSource } from './archive-source.ts';
import { ToolRuns } from './tool-runs.ts';

export interface CallScopeOptions {
  readonly id: number;
  readonly toolBox: ToolBox;
  readonly archive?: ArchiveSource;
  /** Whether tools may be run for it. */
  readonly mayRunTools?: boolean;
  /** Its tools may print however much they like. */
  readonly isPinned?: boolean;
  readonly stallMs: number;
  readonly signal: AbortSignal;
}

/** The requests that one call of an extension may make, and the cleanup at its end. */
export class CallScope implements AsyncDisposable {
  readonly id: number;
  readonly archive: ArchiveSource | undefined;
  readonly tools: ToolRuns | undefined;
  readonly signal: AbortSignal;
  /** Takes content while a plan of the kind `sink` is carried out. */
  sink: SinkChannel | undefined;
  /** A time limit that runs while the extension reports no progress. */
  activity: ActivityLimit | undefined;
  readonly #over = new AbortController();
  #folder: Promise<string> | undefined;

  constructor({ id, archive, toolBox, mayRunTools = false, isPinned = false, stallMs, signal }: CallScopeOptions) {
    this.id = id;
    this.archive = archive;
    this.signal = anySignal(signal, this.#over.signal);
    if (archive && mayRunTools)
      this.tools = new ToolRuns({
        toolBox,
        archivePath: () => archive.toolPath(() => this.emptyFolder()),
        archiveBytes: isPinned ? Number.POSITIVE_INFINITY : archive.packedBytes,
        emptyFolder: () => this.emptyFolder(),
        stallMs,
        signal: this.signal,
      });
  }

  /** The host is at work for this call: no time runs out meanwhile. */
  hold(): IDisposable {
    return this.activity?.hold() ?? { [Symbol.dispose]() {} };
  }

  /** For tools to be started in; deleted when the call is over. */
  emptyFolder(): Promise<string> {
    return (this.#folder ??= mkdtemp(join(tmpdir(), 'lanspread-tool-')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort(new LanspreadError('CANCELLED'));
    this.sink?.close(new LanspreadError('CANCELLED'));
    await this.tools?.[Symbol.asyncDispose]();
    await this.archive?.[Symbol.asyncDispose]();
    // One that could not be made was told to who asked for it.
    const folder = await this.#folder?.catch(() => undefined);
    // Windows keeps the folder of a program that has just ended for a moment. It is a temporary one: should it be kept for
    // longer, no install fails for that.
    if (folder !== undefined) await nodeFileSystem.deleteTree(folder).catch(() => {});
  }
}
