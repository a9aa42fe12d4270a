import {
  connectRpc,
  readEndpoint,
  type CommandInput,
  type CommandName,
  type CommandResult,
  type CoreEvent,
} from '../core/rpc/index.ts';
import { createLogger } from './logging.ts';
import { coreOptionsOf, stateDirOf, type CoreFlags } from './options.ts';
import { builtInExtensions } from './built-in-extensions.ts';

/** A core for commands: the running one of this state folder, or one started for this call. */
export interface Session extends AsyncDisposable {
  invoke<Name extends CommandName>(name: Name, params: CommandInput<Name>): Promise<CommandResult<Name>>;
  events(listener: (event: CoreEvent) => void): Disposable;
  /** The core was started for this call and has not met any peer yet. */
  readonly isFresh: boolean;
}

export async function openSession(flags: CoreFlags): Promise<Session> {
  return (await joinRunning(stateDirOf(flags))) ?? (await startOwn(flags));
}

/** Undefined when this state folder has no running core. */
export async function joinRunning(stateDir: string): Promise<Session | undefined> {
  const endpoint = await readEndpoint(stateDir);
  if (!endpoint) return undefined;
  try {
    const client = await connectRpc(endpoint);
    return {
      isFresh: false,
      invoke: client.invoke,
      events: client.events,
      async [Symbol.asyncDispose]() {
        client[Symbol.dispose]();
      },
    };
  } catch {
    // The core of this file has crashed, and nothing listens there.
    return undefined;
  }
}

async function startOwn(flags: CoreFlags): Promise<Session> {
  const logger = createLogger({ stateDir: stateDirOf(flags), stderrLevel: flags.logLevel ?? 'error' });
  const { startCore } = await import('../core/core.ts');
  const handle = await startCore({ ...coreOptionsOf(flags), logger, builtInExtensions });
  // Kiosk mode also applies here: a player does not become the operator because no core runs.
  const commands = handle.commands.forClient();
  return {
    isFresh: true,
    invoke: commands.invoke,
    events: handle.events,
    async [Symbol.asyncDispose]() {
      await handle.stop();
    },
  };
}
