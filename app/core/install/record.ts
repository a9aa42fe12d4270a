import type { GameId } from '../base/index.ts';
import type { State } from '../state/index.ts';
import { layoutOf } from '../game-folder/index.ts';

type Records = { readonly state: Pick<State, 'intents' | 'library' | 'inventory' | 'transaction'> };

/**
 * `local/` is the tree that was made in staging: its inventory, kept under staging's path since before the promote,
 * becomes the root's, in one transaction with the version and the end of the intent.
 */
export function recordInstalled(
  { state }: Records,
  { root, gameId, version }: { root: string; gameId: GameId; version: string },
): void {
  const { staging } = layoutOf(root);
  state.transaction(() => {
    state.inventory.replace(root, state.inventory.get(staging));
    state.inventory.clear(staging);
    state.library.setInstalledVersion(root, gameId, version);
    state.intents.clear(root);
  });
}

/** The game is gone from this disk: its version, its inventory and the intent with it. */
export function recordUninstalled({ state }: Records, { root, gameId }: { root: string; gameId: GameId }): void {
  const { staging } = layoutOf(root);
  state.transaction(() => {
    state.inventory.clear(root);
    state.inventory.clear(staging);
    state.library.setInstalledVersion(root, gameId, undefined);
    state.intents.clear(root);
  });
}
