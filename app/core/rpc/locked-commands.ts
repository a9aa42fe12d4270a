/** The commands that a locked client may run: the core refuses the others, and the UI does not offer them. */
import type { CommandName } from './contract.ts';
import type { KioskAction } from '../settings/index.ts';

/** Commands that a locked client may always run. */
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

/** Commands that the setting `kioskActions` adds. */
const byAction: Record<KioskAction, readonly CommandName[]> = {
  play: ['play', 'stop'],
  get: ['download', 'streamInstall', 'update', 'install', 'pause', 'resume', 'cancel'],
};

/** Pure: whether a locked client may run this command. */
export function isAllowedWhileLocked(command: CommandName, actions: readonly KioskAction[]): boolean {
  return always.includes(command) || actions.some((action) => byAction[action].includes(command));
}
