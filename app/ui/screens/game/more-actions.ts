/** The other actions of a game, in the order of their buttons. Pure. */
import type { GameView } from '../../../core/rpc/contract.ts';
import type { GameCommand } from '../../game/advice.ts';

export type MoreAction =
  | 'getOnly'
  | 'stream'
  | 'install'
  | 'discard'
  | 'reveal'
  | 'verify'
  | 'repair'
  | 'remove'
  | 'uninstall';

export const commandOf: Readonly<Record<MoreAction, GameCommand>> = {
  getOnly: 'download',
  stream: 'streamInstall',
  install: 'install',
  discard: 'cancel',
  reveal: 'revealFiles',
  verify: 'verify',
  repair: 'repair',
  remove: 'removeDownload',
  uninstall: 'uninstall',
};

/** These delete something. */
export const deletes: ReadonlySet<MoreAction> = new Set(['discard', 'remove', 'uninstall']);

export function moreActions(game: GameView): MoreAction[] {
  if (game.operation) return game.downloaded || game.installed ? ['reveal'] : [];
  const { downloaded, installed, peerCount, resumable } = game;
  const actions: MoreAction[] = [];
  if (!downloaded && !resumable && peerCount > 0) actions.push('getOnly');
  if (!downloaded && !installed && !resumable && peerCount > 0) actions.push('stream');
  if (downloaded && !installed && game.updateAvailable) actions.push('install');
  if (resumable) actions.push('discard');
  if (downloaded || installed) actions.push('reveal');
  if (downloaded) actions.push('verify', 'repair');
  if (downloaded && !installed) actions.push('remove');
  if (installed) actions.push('uninstall');
  return actions;
}
