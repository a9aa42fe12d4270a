/** A system that takes only some bytes of each write, as it may: a signal, a quota, a disk that is nearly full. */
import syncFs from 'node:fs';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Write = (buffer: Uint8Array, offset: number, length: number, position: number) => Promise<unknown>;

/** Until disposed, no write of this process puts down more than so many bytes, whatever it was asked for. */
export async function shortWrites(mostBytes: number): Promise<Disposable> {
  const prototype = await fileHandlePrototype();
  const write: unknown = Reflect.get(prototype, 'write');
  const nothing = { bytesWritten: 0 };
  const short: Write = function (this: FileHandle, buffer, offset, length, position) {
    if (mostBytes === 0) return Promise.resolve({ ...nothing, buffer });
    // The method of the same handle.
    return (write as Write).call(this, buffer, offset, Math.min(length, mostBytes), position);
  };
  Reflect.set(prototype, 'write', short);
  const { writeSync } = syncFs;
  const shortSync = (
    descriptor: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): number => (mostBytes === 0 ? 0 : writeSync(descriptor, buffer, offset, Math.min(length, mostBytes), position));
  Reflect.set(syncFs, 'writeSync', shortSync);
  syncBuiltinESMExports();
  return {
    [Symbol.dispose]() {
      Reflect.set(prototype, 'write', write);
      Reflect.set(syncFs, 'writeSync', writeSync);
      syncBuiltinESMExports();
    },
  };
}

async function fileHandlePrototype(): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), 'lanspread-short-'));
  try {
    await using handle = await open(join(folder, 'any'), 'w');
    const prototype: unknown = Object.getPrototypeOf(handle);
    if (typeof prototype !== 'object' || prototype === null) throw new TypeError('a file handle without a prototype');
    return prototype;
  } finally {
    await rm(folder, { recursive: true });
  }
}
