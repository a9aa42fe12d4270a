import { anySignal, LanspreadError } from '../../base/index.ts';
import { defaultBombLimits } from '../../install/index.ts';
import { openToolOutput, resolveArguments, type ToolBox, type ToolCommand, type ToolOutput } from '../plans/index.ts';
import { maxPieceBytes, maxToolOutputBytes } from '../wire/index.ts';

const maxRuns = 4;
/** Pieces of a tool's output are put together up to about this size before they are handed over. */
const worthHandingBytes = 128 * 1024;

interface Run {
  readonly output: ToolOutput;
  readonly chunks: AsyncIterator<Uint8Array>;
  /** Read and not handed over yet: what is read ahead may be more than fits into one message. */
  rest: Uint8Array;
  printedBytes: number;
}

interface ToolRunsOptions {
  readonly toolBox: ToolBox;
  /** Where tools find the archive. */
  readonly archivePath: () => Promise<string>;
  /** The size of all its volumes: the limit for its content is a multiple of it. */
  readonly archiveBytes: number;
  /** Where tools are started. */
  readonly emptyFolder: () => Promise<string>;
  readonly stallMs: number;
  readonly signal: AbortSignal;
}

interface ToolRunResult {
  readonly exitCode: number | undefined;
  readonly stdoutBytes: number;
  readonly stderr: string;
  readonly input?: { readonly exitCode: number | undefined; readonly stderr: string };
}

/** Tools that an extension has the host run on one archive, to look into it. Disposing kills them and waits. */
export class ToolRuns implements AsyncDisposable {
  readonly #options: ToolRunsOptions;
  readonly #runs = new Map<number, Run>();
  readonly #stop = new AbortController();
  #lastId = 0;

  constructor(options: ToolRunsOptions) {
    this.#options = options;
  }

  /** Errors: those of `ToolBox.path`, `EXTENSION_MISBEHAVED`. */
  async start(command: ToolCommand, input: ToolCommand | undefined): Promise<number> {
    const { stallMs, signal } = this.#options;
    if (this.#runs.size >= maxRuns)
      throw new LanspreadError('EXTENSION_MISBEHAVED', { message: `More than ${maxRuns} tools at a time.` });
    const pipeline = [];
    for (const one of input ? [input, command] : [command]) pipeline.push(await this.#ready(one));
    const cwd = await this.#options.emptyFolder();
    const output = await openToolOutput(pipeline, { cwd, stallMs, signal: anySignal(signal, this.#stop.signal) });
    const id = (this.#lastId += 1);
    const chunks = output.chunks[Symbol.asyncIterator]();
    this.#runs.set(id, { output, chunks, rest: new Uint8Array(0), printedBytes: 0 });
    return id;
  }

  /** The next output; undefined at the end. Errors: `ARCHIVE_HOSTILE` for too much of it, those of the tool. */
  async read(id: number): Promise<Uint8Array | undefined> {
    const run = this.#run(id);
    const pieces = run.rest.length === 0 ? [] : [run.rest];
    let haveBytes = run.rest.length;
    while (haveBytes < worthHandingBytes) {
      const next = await run.chunks.next();
      if (next.done) break;
      // The next one comes in its place.
      pieces.push(Uint8Array.from(next.value));
      haveBytes += next.value.length;
    }
    const all = pieces.length === 1 ? (pieces[0] ?? new Uint8Array(0)) : Buffer.concat(pieces);
    const piece = all.subarray(0, maxPieceBytes);
    run.rest = all.subarray(piece.length);
    run.printedBytes += piece.length;
    if (run.printedBytes > maxToolOutputBytes)
      throw new LanspreadError('ARCHIVE_HOSTILE', { message: 'The archive has too much in it to be listed.' });
    return piece.length === 0 ? undefined : piece;
  }

  /**
   * `stop`: it is killed. `count`: it runs to its end and its output is only counted. Errors: `ARCHIVE_HOSTILE` for more than
   * any archive of this size may hold.
   */
  async finish(id: number, end: 'ended' | 'stop' | 'count'): Promise<ToolRunResult> {
    const run = this.#run(id);
    try {
      if (end === 'stop') {
        await run.output[Symbol.asyncDispose]();
        return { exitCode: undefined, stdoutBytes: run.printedBytes, stderr: '' };
      }
      this.#count(run, run.rest.length);
      for (let next = await run.chunks.next(); !next.done; next = await run.chunks.next())
        this.#count(run, next.value.length);
      const exits = (await run.output.finish()).map(({ exitCode, stderr }) => ({
        exitCode: exitCode ?? undefined,
        stderr,
      }));
      const last = exits.at(-1) ?? { exitCode: undefined, stderr: '' };
      const [first] = exits;
      return { ...last, stdoutBytes: run.printedBytes, ...(exits.length > 1 && first && { input: first }) };
    } finally {
      this.#runs.delete(id);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new LanspreadError('CANCELLED'));
    for (const { output } of this.#runs.values()) await output[Symbol.asyncDispose]();
    this.#runs.clear();
  }

  #count(run: Run, bytes: number): void {
    run.printedBytes += bytes;
    const { archiveBytes } = this.#options;
    const { ratioAboveBytes, maxRatio } = defaultBombLimits;
    if (run.printedBytes <= Math.max(ratioAboveBytes, archiveBytes * maxRatio)) return;
    throw new LanspreadError('ARCHIVE_HOSTILE', {
      message: `${archiveBytes} bytes unpack to more than ${run.printedBytes}: this is made to fill a disk.`,
    });
  }

  async #ready(command: ToolCommand): Promise<{ path: string; args: string[] }> {
    const { toolBox, archivePath, emptyFolder } = this.#options;
    return {
      path: await toolBox.path(command.tool),
      args: await resolveArguments(command.args, { archive: await archivePath() }, emptyFolder),
    };
  }

  #run(id: number): Run {
    const run = this.#runs.get(id);
    if (!run) throw new LanspreadError('EXTENSION_MISBEHAVED', { message: 'This tool does not run.' });
    return run;
  }
}
