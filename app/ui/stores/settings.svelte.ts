import type { CommandResult } from '../../core/rpc/contract.ts';
import { link } from './link.ts';

type Settings = CommandResult<'settings.get'>['settings'];

/** The core's settings, kept up to date. */
class SettingsStore {
  /** Undefined until the core was reached. */
  all = $state.raw<Settings | undefined>(undefined);

  constructor() {
    link.onConnected(() => this.#reload());
    link.onEvent(({ event }) => {
      if (event === 'settings-changed') void this.#reload().catch(() => {});
    });
  }

  /** Errors: the core's refusal. */
  async set<Name extends keyof Settings>(name: Name, value: Settings[Name]): Promise<void> {
    await link.invoke('settings.set', { name, value });
    await this.#reload();
  }

  async #reload(): Promise<void> {
    this.all = (await link.invoke('settings.get', {})).settings;
  }
}

export const settings = new SettingsStore();
