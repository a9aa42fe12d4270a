/** A file system that numbers every step that changes the disk and lets a test break any of them. */
import type { FileHandle, FileSystem } from '../../app/core/base/index.ts';

export interface Step {
  /** From 1, in the order in which they begin. */
  readonly number: number;
  readonly name: string;
  readonly path: string;
}

/** Called before each step; what it throws is what the step fails with. */
export type BeforeStep = (step: Step) => void;

const changing = [
  'writeFile',
  'makeDirectory',
  'rename',
  'deleteFile',
  'deleteDirectory',
  'deleteTree',
  'copyFile',
  'makeLink',
  'setExecutable',
  'syncDirectory',
] as const;

export function faultFileSystem(inner: FileSystem, before: BeforeStep): FileSystem {
  let number = 0;
  const step = (name: string, path: string): void => before({ number: (number += 1), name, path });
  const wrapped: FileSystem = { ...inner };
  for (const name of changing) {
    const original: (...parameters: never[]) => Promise<void> = inner[name];
    const broken = async (...parameters: never[]): Promise<void> => {
      step(name, String(parameters[0]));
      await original(...parameters);
    };
    // Every one of these takes paths and data and returns nothing, so the wrapper fits each.
    Object.assign(wrapped, { [name]: broken });
  }
  wrapped.open = async (path, mode) => {
    if (mode !== 'read') step(`open ${mode}`, path);
    return faultHandle(await inner.open(path, mode), (name) => step(name, path));
  };
  return wrapped;
}

function faultHandle(inner: FileHandle, step: (name: string) => void): FileHandle {
  return {
    read: (buffer, position) => inner.read(buffer, position),
    async write(buffer, position) {
      step('write');
      await inner.write(buffer, position);
    },
    async truncate(sizeBytes) {
      step('truncate');
      await inner.truncate(sizeBytes);
    },
    async sync() {
      step('sync');
      await inner.sync();
    },
    close: () => inner.close(),
    [Symbol.asyncDispose]: () => inner.close(),
  };
}

/** An error as the system would throw it. */
export function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: injected`), { code });
}
