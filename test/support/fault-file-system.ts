/** A file system that numbers every step that changes the disk and lets a test break any of them. */
import { type FileSystem } from '../../app/core/base/index.ts';
import { steppedFileSystem } from './stepped-file-system.ts';

export interface Step {
  /** From 1, in the order in which they begin. */
  readonly number: number;
  readonly name: string;
  readonly path: string;
}

/** Called before each step; what it throws is what the step fails with. `half`: see `steppedFileSystem`. */
export type BeforeStep = (step: Step) => 'half' | void;

/** `reads`: steps that only look are numbered, too. */
export function faultFileSystem(
  inner: FileSystem,
  before: BeforeStep,
  { reads = false }: { reads?: boolean } = {},
): FileSystem {
  let number = 0;
  return steppedFileSystem(inner, {
    before({ name, path, changes }) {
      if (changes || reads) return before({ number: (number += 1), name, path });
    },
  });
}

/** An error as the system would throw it. */
export function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: injected`), { code });
}
