/** What a player at a locked PC may do: one table for the core, which refuses the rest, and for the UI, which does not offer it. */
import type { CommandName } from './contract.ts';

export const kioskActions = ['play', 'get'] as const;
export type KioskAction = (typeof kioskActions)[number];

/** What a locked client may always do. */
const always: readonly CommandName[] = [
  'listGames',
  'getGame',
  'searchGames',
  'listPeers',
  'status',
  'settings.get',
  'settings.set',
  'kiosk.status',
  'kiosk.unlock',
  'kiosk.lock',
  'kiosk.endSession',
];

/** What the setting `kioskActions` adds. */
const byAction: Record<KioskAction, readonly CommandName[]> = {
  play: ['play', 'stop'],
  get: ['download', 'streamInstall', 'update', 'install', 'pause', 'resume', 'cancel'],
};

/** Pure: whether a locked client may run this command. */
export function isAllowedWhileLocked(command: CommandName, actions: readonly KioskAction[]): boolean {
  return always.includes(command) || actions.some((action) => byAction[action].includes(command));
}
