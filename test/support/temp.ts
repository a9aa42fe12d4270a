import { mkdtemp, rm } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from './at-exit.ts';

/** A folder of its own under the system's temporary one, gone with everything in it once disposed. */
export interface TempDir extends AsyncDisposable {
  readonly path: string;
  /** A path inside. */
  join(...parts: string[]): string;
}

export async function tempDir(label = 'test'): Promise<TempDir> {
  const path = await mkdtemp(join(tmpdir(), `lanspread-${label}-`));
  const removeAtExit = atExit(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    join: (...parts) => join(path, ...parts),
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true, maxRetries: 5 });
      removeAtExit[Symbol.dispose]();
    },
  };
}
