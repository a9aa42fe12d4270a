import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { LanspreadError, abortError, throwIfAborted } from '../../base/index.ts';

interface ToolRun {
  /** The program, absolute. */
  tool: string;
  args: readonly string[];
  cwd?: string;
  /** Another tool's stdout, a file descriptor, or nothing. */
  stdin?: Readable | 'ignore';
  /** `pass` to have the pipe in `output`, a socket to write to, or a callback for each piece. */
  stdout: 'pass' | Socket | ((chunk: Buffer) => void);
  onStderr?: (text: string) => void;
  signal: AbortSignal;
  /** Kill it when this long nothing happened, in milliseconds. See `isMoving`. */
  stallMs: number;
  /** Asked before a silent tool is killed: whether it gets on nevertheless. */
  isMoving?: () => Promise<boolean>;
}

export interface ToolExit {
  exitCode: number | null;
  stderr: string;
}

export interface RunningTool {
  /** Its stdout, to read or for another tool's stdin; present for `pass`. */
  output: Readable | undefined;
  /** Resolves when the process is gone and its pipes are drained; rejects with `CANCELLED` or `UNPACKER_FAILED`. */
  done: Promise<ToolExit>;
}

/** Its pipes are missing where too much is open on this PC to make them. */
type ToolChild = ChildProcessByStdio<null, Readable | null, Readable | null>;

const stderrTailLength = 4_000;
const posix = process.platform !== 'win32';

/** A fixed locale, so that messages can be recognised and names are UTF-8; nothing else of ours is the tool's business. */
function environment(): NodeJS.ProcessEnv {
  const { PATH, SystemRoot, TEMP, TMP } = process.env;
  return { LC_ALL: 'C.UTF-8', LANG: 'C.UTF-8', ...(posix ? { PATH } : { PATH, SystemRoot, TEMP, TMP }) };
}

function killTree(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(posix ? -pid : pid, 'SIGKILL');
  } catch {
    // The process has ended already.
  }
}

/** Starts a tool without a shell, in its own process group. Aborting kills the group; `done` settles when it is dead. */
export function startTool(run: ToolRun): RunningTool {
  throwIfAborted(run.signal);
  const child = spawn(run.tool, run.args, {
    cwd: run.cwd,
    env: environment(),
    detached: posix,
    windowsHide: true,
    stdio: [run.stdin ?? 'ignore', typeof run.stdout === 'object' ? run.stdout : 'pipe', 'pipe'],
    // The overload of spawn depends on the stdio triple, which is decided at run time here.
  }) as ToolChild;
  return { output: run.stdout === 'pass' ? (child.stdout ?? undefined) : undefined, done: watch(child, run) };
}

async function watch(child: ToolChild, run: ToolRun): Promise<ToolExit> {
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  let stderr = '';
  let stalled = false;
  const kill = (): void => killTree(child.pid);
  child.on('error', (cause) => {
    reject(new LanspreadError('UNPACKER_FAILED', { message: `The unpacker did not start: ${cause.message}.`, cause }));
  });
  child.on('close', resolve);
  const onSilence = async (): Promise<void> => {
    if (await run.isMoving?.()) timer.refresh();
    else {
      stalled = true;
      kill();
    }
  };
  const timer = setTimeout(() => {
    onSilence().catch(kill);
  }, run.stallMs);
  const { stdout } = run;
  if (typeof stdout === 'function') {
    child.stdout?.on('data', (chunk: Buffer) => {
      timer.refresh();
      try {
        stdout(chunk);
      } catch (error) {
        kill();
        reject(error);
      }
    });
  }
  // One that could not be started has no pipes.
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    timer.refresh();
    stderr = (stderr + text).slice(-stderrTailLength);
    run.onStderr?.(text);
  });
  run.signal.addEventListener('abort', kill, { once: true });
  if (run.signal.aborted) kill();
  try {
    const exitCode = await promise;
    if (run.signal.aborted) throw abortError(run.signal);
    if (stalled)
      throw new LanspreadError('UNPACKER_FAILED', { message: `The unpacker did nothing for ${run.stallMs} ms.` });
    return { exitCode, stderr };
  } finally {
    clearTimeout(timer);
    run.signal.removeEventListener('abort', kill);
  }
}
