/**
 * The one line to the core. It connects again by itself, and a command given while the core is away is kept and sent when
 * it is back: no click is lost.
 */
import { connectRpc, LanspreadError, type RpcClient } from '../../core/rpc/client.ts';
import type { CommandInput, CommandName, CommandResult, CoreEvent } from '../../core/rpc/contract.ts';

interface CoreAddress {
  readonly port: number;
  readonly token: string;
  readonly host: string;
}

type LinkState = 'connecting' | 'connected' | 'lost';

const firstRetryMs = 250;
const longestRetryMs = 4_000;
/** After this long a kept command is given up: its author has moved on. */
const keepCommandsMs = 60_000;

/** Asked again after a broken connection these say that the first try had reached the core. */
const saysDoneAlready = new Set(['OPERATION_IN_PROGRESS', 'NO_OPERATION', 'ALREADY_DOWNLOADED', 'INSTALLED']);

export class CoreLink {
  state = $state<LinkState>('connecting');
  #address: CoreAddress;
  readonly #listeners = new Set<(event: CoreEvent) => void>();
  readonly #onConnected = new Set<() => Promise<void>>();
  #client: RpcClient | undefined;
  #waiting: (() => void)[] = [];
  #retryMs = firstRetryMs;
  #wasConnected = false;

  readonly #keepToken: (token: string) => void;

  /** `keepToken`: a core that replaced the one that opened this window has another token. */
  constructor(address: CoreAddress, keepToken: (token: string) => void) {
    this.#address = address;
    this.#keepToken = keepToken;
  }

  /** Called with every event of the core, in order. */
  onEvent(listener: (event: CoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Called at every connection to the core, before waiting commands are sent. Stores reload here. */
  onConnected(reload: () => Promise<void>): () => void {
    this.#onConnected.add(reload);
    if (this.state === 'connected') void reload().catch(() => {});
    return () => this.#onConnected.delete(reload);
  }

  /** Connects and stays connected. Called once. */
  async run(): Promise<never> {
    for (;;) {
      try {
        await this.#oneConnection();
      } catch {
        // The core is not there yet. The loop tries again.
      }
      this.#client = undefined;
      if (this.#wasConnected) this.state = 'lost';
      await new Promise((resolve) => setTimeout(resolve, this.#retryMs));
      this.#retryMs = Math.min(this.#retryMs * 2, longestRetryMs);
    }
  }

  /** Errors: the command's codes; `PEER_UNREACHABLE` when the core stayed away. */
  async invoke<Name extends CommandName>(name: Name, params: CommandInput<Name>): Promise<CommandResult<Name>> {
    for (let isRetry = false; ; isRetry = true) {
      const client = this.#client ?? (await this.#whenConnected());
      try {
        return await client.invoke(name, params);
      } catch (error) {
        const code = error instanceof LanspreadError ? error.code : undefined;
        // The first try was carried out; only its answer was lost.
        if (isRetry && code !== undefined && saysDoneAlready.has(code))
          return { accepted: true } as CommandResult<Name>;
        if (code !== 'PEER_UNREACHABLE' || isRetry) throw error;
      }
    }
  }

  async #oneConnection(): Promise<void> {
    const onToken = (token: string): void => {
      this.#address = { ...this.#address, token };
      this.#keepToken(token);
    };
    const client = await connectRpc(this.#address, { onToken });
    try {
      const closed = new Promise<void>((resolve) => client.onDidClose(() => resolve()));
      client.events((event) => {
        for (const listener of this.#listeners) listener(event);
      });
      this.#client = client;
      for (const reload of this.#onConnected) await reload();
      this.#retryMs = firstRetryMs;
      this.#wasConnected = true;
      this.state = 'connected';
      for (const go of this.#waiting.splice(0)) go();
      await closed;
    } finally {
      client[Symbol.dispose]();
    }
  }

  #whenConnected(): Promise<RpcClient> {
    const { promise, resolve, reject } = Promise.withResolvers<RpcClient>();
    const timer = setTimeout(() => {
      this.#waiting = this.#waiting.filter((each) => each !== go);
      reject(new LanspreadError('PEER_UNREACHABLE', { message: 'The running Lanspread does not answer.' }));
    }, keepCommandsMs);
    const go = (): void => {
      clearTimeout(timer);
      if (this.#client) resolve(this.#client);
      else reject(new LanspreadError('PEER_UNREACHABLE'));
    };
    this.#waiting.push(go);
    return promise;
  }
}
