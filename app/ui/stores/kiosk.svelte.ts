/** The kiosk mode of this window. */
import type { CommandName, CommandResult } from '../../core/rpc/contract.ts';
import { isAllowedWhileLocked } from '../../core/rpc/locked-commands.ts';
import { link } from './link.ts';

type KioskStatus = CommandResult<'kiosk.status'>;

class Kiosk {
  status = $state.raw<KioskStatus | undefined>(undefined);

  constructor() {
    link.onConnected(() => this.reload());
    link.onEvent((event) => {
      if (event.event === 'settings-changed' && event.setting.startsWith('kiosk')) void this.reload().catch(() => {});
    });
  }

  get isLocked(): boolean {
    return this.status?.locked ?? false;
  }

  async reload(): Promise<void> {
    this.status = await link.invoke('kiosk.status', {});
  }
}

export const kiosk = new Kiosk();

/** Whether this window may give the command. The core refuses the others, so they are not offered. */
export function may(name: CommandName): boolean {
  return !kiosk.isLocked || isAllowedWhileLocked(name, kiosk.status?.actions ?? []);
}
