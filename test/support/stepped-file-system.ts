/**
 * A file system that tells of every step, before and after it. A listener may break a step: tests that prove what a crash or a
 * failing disk leaves behind put this between the core and its disk.
 */
import type { FileHandle, FileSystem, ReadHandle } from '../../app/core/base/index.ts';

export interface FileStep {
  /** The method; `open` with its mode. */
  readonly name: string;
  readonly path: string;
  /** Whether the disk is another one afterwards. */
  readonly changes: boolean;
}

export interface FileStepHooks {
  /**
   * What it throws is what the step fails with; nothing is done then. `half`: a write or a copy puts down half of its bytes
   * and then fails with `ENOSPC`, as a disk that fills up does; a read gives half of what was asked for. Other steps
   * ignore it.
   */
  before(step: FileStep): 'half' | void;
  after?(step: FileStep): void;
}

const methods = {
  stat: false,
  lstat: false,
  list: false,
  readFile: false,
  writeFile: true,
  flushFile: true,
  makeDirectory: true,
  rename: true,
  deleteFile: true,
  deleteDirectory: true,
  deleteTree: true,
  copyFile: true,
  readLink: false,
  makeLink: true,
  setExecutable: true,
  makeWritable: true,
  syncDirectory: true,
  space: false,
} as const;

/** Stands in front of `inner` and keeps its contract as long as no hook breaks a step. */
export function steppedFileSystem(inner: FileSystem, hooks: FileStepHooks): FileSystem {
  const stepped: FileSystem = { ...inner };
  for (const [name, changes] of Object.entries(methods)) {
    // Every method takes paths and data and answers with a promise.
    const original = Reflect.get(inner, name) as (...parameters: unknown[]) => Promise<unknown>;
    const watched = async (...parameters: unknown[]): Promise<unknown> => {
      const step: FileStep = { name, path: String(parameters[0]), changes };
      const isHalf = hooks.before(step) === 'half';
      if (isHalf && name === 'writeFile')
        await writeHalf(inner, ...(parameters as Parameters<FileSystem['writeFile']>));
      if (isHalf && name === 'copyFile') await copyHalf(inner, ...(parameters as Parameters<FileSystem['copyFile']>));
      const result = await original(...parameters);
      hooks.after?.(step);
      return result;
    };
    Object.assign(stepped, { [name]: watched });
  }
  stepped.openToRead = async (path) => {
    const step: FileStep = { name: 'open read', path, changes: false };
    hooks.before(step);
    const handle = await inner.openToRead(path);
    hooks.after?.(step);
    return steppedReadHandle(handle, runner(path, hooks));
  };
  stepped.open = async (path, mode) => {
    const step: FileStep = { name: `open ${mode}`, path, changes: true };
    hooks.before(step);
    const handle = await inner.open(path, mode);
    hooks.after?.(step);
    return steppedHandle(handle, runner(path, hooks));
  };
  return stepped;
}

type Run = <T>(name: string, changes: boolean, work: (isHalf: boolean) => Promise<T>) => Promise<T>;

/** Runs steps of one open file. */
function runner(path: string, hooks: FileStepHooks): Run {
  return async (name, changes, work) => {
    const step: FileStep = { name, path, changes };
    const isHalf = hooks.before(step) === 'half';
    const result = await work(isHalf);
    hooks.after?.(step);
    return result;
  };
}

function steppedReadHandle(inner: ReadHandle, run: Run): ReadHandle {
  return {
    read: (buffer, position) =>
      run('read', false, (isHalf) => inner.read(isHalf ? firstHalf(buffer) : buffer, position)),
    close: () => inner.close(),
    [Symbol.asyncDispose]: () => inner.close(),
  };
}

function steppedHandle(inner: FileHandle, run: Run): FileHandle {
  return {
    ...steppedReadHandle(inner, run),
    write: (buffer, position) =>
      run('write', true, async (isHalf) => {
        if (!isHalf) return await inner.write(buffer, position);
        await inner.write(firstHalf(buffer), position);
        throw diskFilledUp();
      }),
    truncate: (sizeBytes) => run('truncate', true, () => inner.truncate(sizeBytes)),
    sync: () => run('sync', true, () => inner.sync()),
  };
}

async function writeHalf(inner: FileSystem, path: string, data: Uint8Array | string): Promise<never> {
  await inner.writeFile(path, firstHalf(Buffer.from(data)));
  throw diskFilledUp();
}

async function copyHalf(inner: FileSystem, from: string, to: string): Promise<never> {
  await inner.copyFile(from, to);
  await using copy = await inner.open(to, 'edit');
  await copy.truncate(Math.floor((await inner.stat(to)).sizeBytes / 2));
  throw diskFilledUp();
}

function diskFilledUp(): Error {
  return Object.assign(new Error('ENOSPC: the disk filled up in the middle of a write'), { code: 'ENOSPC' });
}

/** At least one byte, so that it is never taken for the end of a file. */
function firstHalf(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, Math.max(1, Math.floor(bytes.length / 2)));
}
