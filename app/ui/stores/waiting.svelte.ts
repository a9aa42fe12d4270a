import type { GameView } from '../../core/rpc/contract.ts';
import { games } from './games.svelte.ts';

class Waiting {
  /** The downloads that wait for their turn, in the queue's order. */
  readonly list: readonly GameView[] = $derived(
    games.list
      .filter(({ operation }) => operation?.kind === 'Queued')
      .toSorted((a, b) => (a.operation?.queuePosition ?? 0) - (b.operation?.queuePosition ?? 0)),
  );
}

export const waiting = new Waiting();
