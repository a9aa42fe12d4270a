/** Numbered points at which a child process kills itself: one before and one after every step on disk and in the database. */
import { type FileSystem } from '../../app/core/base/index.ts';
import { type State } from '../../app/core/state/index.ts';
import { steppedFileSystem } from './stepped-file-system.ts';
import { steppedState } from './stepped-state.ts';

export class CrashPoints {
  readonly names: string[] = [];
  readonly #at: number;
  isArmed = true;

  /** `at`: from 1; 0 never. */
  constructor(at: number) {
    this.#at = at;
  }

  point(name: string): void {
    if (!this.isArmed) return;
    this.names.push(name);
    if (this.names.length === this.#at) process.kill(process.pid, 'SIGKILL');
  }

  readonly fileSystem = (inner: FileSystem): FileSystem =>
    steppedFileSystem(inner, {
      before: ({ name, path, changes }) => {
        if (changes) this.point(`before ${name} ${path}`);
      },
      after: ({ name, path, changes }) => {
        if (changes) this.point(`after ${name} ${path}`);
      },
    });

  readonly state = (inner: State): State =>
    steppedState(inner, {
      before: (name) => this.point(`before ${name}`),
      after: (name) => this.point(`after ${name}`),
    });
}
