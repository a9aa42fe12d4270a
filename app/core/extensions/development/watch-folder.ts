import { watch } from 'node:fs/promises';
import { isAbort, sleep, type SignalOptions } from '../../base/index.ts';

/** Changes in these folders are no changes of the extension. */
const ignored = /(?:^|[\\/])(?:\..*|node_modules|test|types|.*\.(?:lanx|log|tmp|swp|key)|.*~)(?:[\\/]|$)/;
/** Editors write in several steps; one change is told for all of them, in milliseconds. */
const settleMs = 120;

/**
 * Tells every change below an extension's folder, with the paths, until the signal aborts. Changes that come while
 * `onChange` is at work are told when it is done. Errors: the file system's, those of `onChange`.
 */
export async function watchExtensionFolder(
  directory: string,
  { signal, onChange }: Required<SignalOptions> & { onChange: (paths: readonly string[]) => Promise<void> },
): Promise<void> {
  const changed = new Set<string>();
  let wake = Promise.withResolvers<void>();
  const listen = async (): Promise<void> => {
    for await (const { filename } of watch(directory, { recursive: true, signal })) {
      if (filename === null || ignored.test(filename)) continue;
      changed.add(filename);
      wake.resolve();
    }
  };
  const tell = async (): Promise<void> => {
    while (!signal.aborted) {
      await wake.promise;
      await sleep(settleMs, { signal });
      const paths = [...changed].sort();
      changed.clear();
      wake = Promise.withResolvers();
      await onChange(paths);
    }
  };
  const stop = (): void => wake.resolve();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await Promise.all([listen(), tell()]);
  } catch (error) {
    if (!isAbort(error) || !signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
