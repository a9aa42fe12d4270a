import { openState, type State } from '../../../app/core/state/index.ts';
import { tempDir } from '../../support/temp.ts';

/** Runs `work` with a new state in a folder of its own. */
export async function withState(work: (state: State) => void | Promise<void>): Promise<void> {
  await using temp = await tempDir('state');
  using state = openState({ directory: temp.path }).state;
  await work(state);
}
