/**
 * The one client of the RPC, for the command line and for the UI: it needs nothing but the WebSocket that browsers and
 * Node both have.
 */
import { createMessageConnection, ResponseError } from 'vscode-jsonrpc/node';
import {
  Emitter,
  isErrorCode,
  LanspreadError,
  withTimeLimit,
  type Event,
  type SignalOptions,
} from '../base/portable.ts';
import type { CommandInput, CommandName, CommandResult, CoreEvent } from './contract.ts';
import { StandardSocketReader, StandardSocketWriter } from './standard-socket.ts';

export {
  errorDetailKinds,
  errorTable,
  isErrorCode,
  LanspreadError,
  tellingDetails,
  type DetailKind,
  type ErrorCode,
  type ErrorDetails,
  type ErrorEntry,
  type Side,
  type TellingDetail,
  type TellingDetails,
} from '../base/portable.ts';

export interface RpcClient extends Disposable {
  /** Errors: the command's codes; `PEER_UNREACHABLE` when the core went away before it answered. */
  invoke<Name extends CommandName>(name: Name, params: CommandInput<Name>): Promise<CommandResult<Name>>;
  readonly events: Event<CoreEvent>;
  /** The core is gone. */
  readonly onDidClose: Event<void>;
}

const connectLimitMs = 5_000;

function unreachable(cause?: unknown): LanspreadError {
  return new LanspreadError('PEER_UNREACHABLE', { message: 'The running Lanspread does not answer.', cause });
}

/** Connects to a running core. Errors: `PEER_UNREACHABLE` when nobody answers, or not to this token. */
export async function connectRpc(
  { port, token, host = '127.0.0.1' }: { port: number; token: string; host?: string },
  { signal }: SignalOptions = {},
): Promise<RpcClient> {
  const socket = new WebSocket(`ws://${host}:${port}/rpc`, ['lanspread', `token.${token}`]);
  const opened = Promise.withResolvers<void>();
  socket.addEventListener('open', () => opened.resolve(), { once: true });
  socket.addEventListener('error', (cause) => opened.reject(unreachable(cause)), { once: true });
  try {
    await withTimeLimit(
      { limitMs: connectLimitMs, what: 'connecting to the running Lanspread', signal },
      () => opened.promise,
    );
  } catch (error) {
    socket.close();
    throw error;
  }
  return clientOf(socket);
}

function clientOf(socket: WebSocket): RpcClient {
  const connection = createMessageConnection(new StandardSocketReader(socket), new StandardSocketWriter(socket));
  const events = new Emitter<CoreEvent>();
  const closed = new Emitter<void>();
  const pending = new Set<(reason: unknown) => void>();
  const rejectPending = (): void => {
    for (const reject of pending) reject(unreachable());
    pending.clear();
  };
  connection.onNotification('event', (event: CoreEvent) => events.fire(event));
  connection.onClose(() => {
    rejectPending();
    closed.fire();
  });
  connection.listen();
  return {
    events: events.event,
    onDidClose: closed.event,
    async invoke<Name extends CommandName>(name: Name, params: CommandInput<Name>): Promise<CommandResult<Name>> {
      const gone = Promise.withResolvers<never>();
      pending.add(gone.reject);
      if (socket.readyState !== socket.OPEN) rejectPending();
      try {
        return await Promise.race([connection.sendRequest<CommandResult<Name>>(name, params), gone.promise]);
      } catch (error) {
        throw fromResponse(error);
      } finally {
        pending.delete(gone.reject);
      }
    },
    [Symbol.dispose]() {
      connection.dispose();
      socket.close();
      rejectPending();
      events[Symbol.dispose]();
      closed[Symbol.dispose]();
    },
  };
}

/** A refusal of the core as the coded error it was there. */
function fromResponse(error: unknown): unknown {
  if (!(error instanceof ResponseError)) return error;
  const data: unknown = error.data;
  if (typeof data !== 'object' || data === null || !('code' in data) || !isErrorCode(data.code)) return error;
  const { code, ...details } = data;
  return new LanspreadError(code, { message: error.message, details, cause: error });
}
