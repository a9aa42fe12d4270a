/** The installed extensions. Loaded while their screen is open. */
import type { CommandResult, ExtensionView } from '../../../core/rpc/contract.ts';
import { link } from '../../stores/link.ts';

export type InstallAnswer = CommandResult<'extensions.install'>;
export type EnableAnswer = CommandResult<'extensions.enable'>;

export class Extensions {
  /** Undefined until they are loaded. */
  list = $state.raw<readonly ExtensionView[] | undefined>(undefined);

  /** Returns how to stop following them. */
  follow(): () => void {
    const stopReload = link.onConnected(() => this.reload());
    const stopEvents = link.onEvent((event) => {
      if (event.event === 'extensions-changed') this.list = event.extensions;
    });
    return () => {
      stopReload();
      stopEvents();
    };
  }

  async reload(): Promise<void> {
    this.list = (await link.invoke('extensions.list', {})).extensions;
  }

  /** Without consent the answer may be a question; `consent` is the hash of the package that was agreed to. */
  async install(path: string, consent?: string): Promise<InstallAnswer> {
    const answer = await link.invoke('extensions.install', { path, ...(consent !== undefined && { consent }) });
    await this.reload();
    return answer;
  }

  async enable(id: string, consent = false): Promise<EnableAnswer> {
    const answer = await link.invoke('extensions.enable', { id, consent });
    await this.reload();
    return answer;
  }

  async disable(id: string): Promise<void> {
    await link.invoke('extensions.disable', { id });
    await this.reload();
  }

  async remove(id: string): Promise<void> {
    await link.invoke('extensions.remove', { id });
    await this.reload();
  }
}
