/** Store and host together: who is told to run is what is known, and both are one picture for people. */
import { Emitter, type Event, type Logger } from '../base/index.ts';
import type { ExtensionStore, InstallOptions, InstallOutcome, Question } from './store/index.ts';
import type { Theme } from './themes/index.ts';
import type { ExtensionHost, ExtensionState } from './types.ts';
import { extensionViewOf, type ExtensionView } from './view.ts';

/** The commands on extensions. Errors: those of the store. */
export interface Extensions {
  list(): readonly ExtensionView[];
  themes(): readonly Theme[];
  install(path: string, options?: InstallOptions): Promise<InstallOutcome>;
  /** The question to ask first; undefined: it is on. */
  enable(id: string, options?: { consent?: boolean }): Question | undefined;
  disable(id: string): void;
  remove(id: string): Promise<void>;
}

interface ExtensionManagerOptions {
  readonly store: ExtensionStore;
  /** Undefined: nothing is run, what is known is shown all the same. */
  readonly host?: ExtensionHost | undefined;
  readonly logger: Logger;
}

export class ExtensionManager implements Extensions, Disposable {
  readonly #store: ExtensionStore;
  readonly #host: ExtensionHost | undefined;
  readonly #changed: Emitter<readonly ExtensionView[]>;
  /** Their views have changed. */
  readonly onDidChange: Event<readonly ExtensionView[]>;
  readonly #listening = new DisposableStack();
  #told = '';

  /** The store has looked at the disk before. */
  constructor({ store, host, logger }: ExtensionManagerOptions) {
    this.#store = store;
    this.#host = host;
    this.#changed = this.#listening.use(
      new Emitter<readonly ExtensionView[]>({
        onListenerError: (err) => logger.error({ err }, 'A listener to changes of extensions failed.'),
      }),
    );
    this.onDidChange = this.#changed.event;
    this.#listening.use(store.onDidChange(() => this.#apply()));
    if (host) this.#listening.use(host.onDidChangeState(() => this.#tell()));
    host?.set(store.descriptions());
    this.#told = JSON.stringify(this.list());
  }

  list(): readonly ExtensionView[] {
    const states = new Map<string, ExtensionState>((this.#host?.states() ?? []).map((state) => [state.id, state]));
    return this.#store.list().map((known) => extensionViewOf(known, states.get(known.id)));
  }

  themes(): readonly Theme[] {
    return this.#store.themes();
  }

  install(path: string, options?: InstallOptions): Promise<InstallOutcome> {
    return this.#store.install(path, options);
  }

  enable(id: string, options?: { consent?: boolean }): Question | undefined {
    return this.#store.enable(id, options);
  }

  disable(id: string): void {
    this.#store.disable(id);
  }

  remove(id: string): Promise<void> {
    return this.#store.remove(id);
  }

  [Symbol.dispose](): void {
    this.#listening.dispose();
  }

  #apply(): void {
    this.#host?.set(this.#store.descriptions());
    this.#tell();
  }

  #tell(): void {
    const views = this.list();
    const text = JSON.stringify(views);
    if (text === this.#told) return;
    this.#told = text;
    this.#changed.fire(views);
  }
}
