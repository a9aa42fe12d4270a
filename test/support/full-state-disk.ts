/** The disk of the state directory, which fills up: while it is full the database takes no write. */
import { LanspreadError } from '../../app/core/base/index.ts';
import { type State } from '../../app/core/state/index.ts';
import { steppedState } from './stepped-state.ts';

export function diskFull(): LanspreadError {
  return new LanspreadError('DISK_FULL', { message: 'The disk with the state directory is full.' });
}

export class FullStateDisk {
  isFull = false;
  /** What was refused, as `repository.method`. */
  readonly refused: string[] = [];

  readonly wrap = (inner: State): State =>
    steppedState(inner, {
      before: (name) => {
        if (!this.isFull) return;
        this.refused.push(name);
        throw diskFull();
      },
    });
}
