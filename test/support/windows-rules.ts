/**
 * A file system that refuses on every system what Windows refuses: what is open cannot be replaced, a folder with something
 * open in it cannot be moved, and what is read-only cannot be opened for writing.
 */
import { sep } from 'node:path';
import { isNotFound, type FileHandle, type FileSystem, type ReadHandle } from '../../app/core/base/index.ts';
import * as fs from 'node:fs/promises';

function refused(what: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`EPERM: operation not permitted, ${what} '${path}'`), { code: 'EPERM' });
}

export function windowsRules(inner: FileSystem): FileSystem {
  const open = new Map<string, number>();
  const isOpen = (path: string): boolean => open.has(path);
  const hasOpenBelow = (folder: string): boolean => [...open.keys()].some((path) => path.startsWith(folder + sep));

  /** Counts the handle until it is closed. */
  const held = <Handle extends ReadHandle | FileHandle>(path: string, handle: Handle): Handle => {
    open.set(path, (open.get(path) ?? 0) + 1);
    let isClosed = false;
    const close = async (): Promise<void> => {
      if (!isClosed) {
        isClosed = true;
        const left = (open.get(path) ?? 1) - 1;
        if (left > 0) open.set(path, left);
        else open.delete(path);
      }
      await handle.close();
    };
    return new Proxy(handle, {
      get(target, key) {
        if (key === 'close' || key === Symbol.asyncDispose) return close;
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };

  const assertWritable = async (path: string): Promise<void> => {
    try {
      if (((await fs.stat(path)).mode & 0o200) === 0) throw refused('open', path);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  };

  return {
    ...inner,
    async openToRead(path) {
      return held(path, await inner.openToRead(path));
    },
    async open(path, mode) {
      await assertWritable(path);
      return held(path, await inner.open(path, mode));
    },
    async writeFile(path, data) {
      await assertWritable(path);
      await inner.writeFile(path, data);
    },
    async rename(from, to) {
      if (isOpen(to)) throw refused('rename', to);
      if (hasOpenBelow(from)) throw refused('rename', from);
      await inner.rename(from, to);
    },
    async deleteDirectory(path) {
      if (hasOpenBelow(path)) throw refused('rmdir', path);
      await inner.deleteDirectory(path);
    },
  };
}
