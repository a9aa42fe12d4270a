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

/** A core to talk to: the running one of this state directory, or one started for this call. */
export interface Session extends AsyncDisposable {
  invoke<Name extends CommandName>(name: Name, params: CommandInput<Name>): Promise<CommandResult<Name>>;
  events(listener: (event: CoreEvent) => void): Disposable;
  /** The core was started for this call and has met nobody yet. */
  readonly isFresh: boolean;
}

export async function openSession(flags: CoreFlags): Promise<Session> {
  return (await joinRunning(stateDirOf(flags))) ?? (await startOwn(flags));
}

/** Undefined when no core of this state directory runs. */
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
    // The file of a core that crashed: nobody listens there.
    return undefined;
  }
}

async function startOwn(flags: CoreFlags): Promise<Session> {
  const logger = createLogger({ stateDir: stateDirOf(flags), stderrLevel: flags.logLevel ?? 'error' });
  const { startCore } = await import('../core/core.ts');
  const handle = await startCore({ ...coreOptionsOf(flags), logger, builtInExtensions });
  // Kiosk mode holds here, too: that nothing runs makes nobody the operator.
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
