import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchGame } from './bench-game.ts';
import type { Contestant } from './contestant.ts';

/** What the disk allows: a loop that makes the same files from memory, and nothing else. */
export function plainWrites({ layout }: BenchGame): Contestant {
  return {
    name: 'plain loop of open, write, close',
    async run(target) {
      const bytes = Buffer.alloc(Math.max(...layout.manifest.files.map(({ size }) => size)), 7);
      const started = performance.now();
      for (const { path, size } of layout.manifest.files) {
        const descriptor = openSync(join(target, path), 'w');
        writeSync(descriptor, bytes, 0, size);
        closeSync(descriptor);
      }
      return performance.now() - started;
    },
    async [Symbol.asyncDispose]() {},
  };
}
