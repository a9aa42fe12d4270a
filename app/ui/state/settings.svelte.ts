import type { CommandResult } from '../../core/rpc/contract.ts';
import type { CoreLink } from '../link/core-link.svelte.ts';

export type Settings = CommandResult<'settings.get'>['settings'];

/** The core's settings, kept up to date, whoever changes them. */
export class SettingsStore {
  /** Undefined until the core was reached. */
  all = $state.raw<Settings | undefined>(undefined);
  readonly #link: CoreLink;

  constructor(link: CoreLink) {
    this.#link = link;
    link.onConnected(() => this.#reload());
    link.onEvent(({ event }) => {
      if (event === 'settings-changed') void this.#reload().catch(() => {});
    });
  }

  /** Errors: the core's refusal. */
  async set<Name extends keyof Settings>(name: Name, value: Settings[Name]): Promise<void> {
    await this.#link.invoke('settings.set', { name, value });
    await this.#reload();
  }

  async #reload(): Promise<void> {
    this.all = (await this.#link.invoke('settings.get', {})).settings;
  }
}
