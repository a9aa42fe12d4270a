/** One run of the lab at a time: all use one Wine prefix. */
import { spawn } from 'node:child_process';

/** Waits for the lab. It is free again once disposed, or when this process ends in whatever way. */
export async function lockLab(path: string): Promise<Disposable> {
  // The child holds the lock as long as this process holds the other end of its stdin.
  const child = spawn('flock', ['--close', path, 'sh', '-c', 'echo held; cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const notice = setTimeout(() => console.log('Another run uses the Windows lab; waiting for its end.'), noticeAfterMs);
  child.stdout.once('data', () => resolve());
  child.on('error', reject);
  child.on('close', () => reject(new Error('The lock of the Windows lab was lost.')));
  // Its end is told to nobody once it is held.
  await promise.finally(() => clearTimeout(notice));
  child.unref();
  return {
    [Symbol.dispose]() {
      child.stdin.end();
    },
  };
}

const noticeAfterMs = 1_000;
