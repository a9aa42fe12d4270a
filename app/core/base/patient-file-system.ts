/**
 * Virus scanners, indexers and back-up programs open files that were just written. Meanwhile Windows refuses to rename or
 * delete them, and for some programs also to write and thus to flush. Such a refusal passes within moments, so a refused call
 * is repeated for a while, unseen by the caller. On other systems files are not held, and a refusal is final.
 */
import { sleep } from './cancellation.ts';
import { systemClock, type Clock } from './clock.ts';
import { systemCode } from './errors.ts';
import type { EntryKind, FileSystem } from './file-system.ts';

/**
 * How long calls are repeated, in milliseconds: for small things, for whole trees, and for the rename of a folder into an
 * install.
 */
const patienceMs = { file: 2_000, tree: 10_000, folder: 60_000 };
const firstPauseMs = 10;
const longestPauseMs = 1_000;

/** Windows' error codes while another program has the file open. */
const held: ReadonlySet<string> = new Set(['EBUSY', 'EPERM', 'EACCES']);
/** A held file that is deleted stays in its folder until the program closes it. */
const heldInside: ReadonlySet<string> = new Set([...held, 'ENOTEMPTY']);

export interface PatienceOptions {
  clock?: Clock;
  /** Whether other programs hold files on this system. Default: on Windows only. */
  isHeldHere?: boolean;
}

export type PatientMethods = Pick<
  FileSystem,
  'lstat' | 'flushFile' | 'rename' | 'deleteFile' | 'deleteDirectory' | 'deleteTree'
>;

/** The same file system, except that renames, deletes and flushes wait for a program that holds a file for a moment. */
export function patientFileSystem<Inner extends PatientMethods>(
  inner: Inner,
  { clock = systemClock, isHeldHere = process.platform === 'win32' }: PatienceOptions = {},
): Inner {
  if (!isHeldHere) return inner;
  const patiently = async (
    { limitMs, codes = held, isHopeless }: Patience,
    work: () => Promise<void>,
  ): Promise<void> => {
    const end = clock.monotonicMs() + limitMs;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        await work();
        return;
      } catch (error) {
        const leftMs = end - clock.monotonicMs();
        if (!codes.has(systemCode(error) ?? '') || leftMs <= 0 || (await isHopeless?.())) throw error;
        await sleep(Math.min(pauseMs, leftMs), { clock });
      }
    }
  };
  const kindAt = (path: string): Promise<EntryKind | undefined> =>
    inner.lstat(path).then(
      ({ kind }) => kind,
      () => undefined,
    );
  return {
    ...inner,
    async rename(from, to) {
      const isFolder = (await kindAt(from)) === 'directory';
      // A rename onto a folder gets the same error code, but that refusal does not pass.
      const isHopeless = async (): Promise<boolean> => (await kindAt(to)) === 'directory';
      await patiently({ limitMs: isFolder ? patienceMs.folder : patienceMs.file, isHopeless }, () =>
        inner.rename(from, to),
      );
    },
    flushFile: (path) => patiently({ limitMs: patienceMs.file }, () => inner.flushFile(path)),
    deleteFile: (path) => patiently({ limitMs: patienceMs.file }, () => inner.deleteFile(path)),
    deleteDirectory: (path) => patiently({ limitMs: patienceMs.file }, () => inner.deleteDirectory(path)),
    deleteTree: (path) => patiently({ limitMs: patienceMs.tree, codes: heldInside }, () => inner.deleteTree(path)),
  };
}

interface Patience {
  readonly limitMs: number;
  readonly codes?: ReadonlySet<string>;
  /** Asked after each refusal: whether waiting would not help. */
  readonly isHopeless?: () => Promise<boolean>;
}
