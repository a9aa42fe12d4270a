import { createMessageConnection, ResponseError } from 'vscode-jsonrpc/node';
import { WebSocket } from 'ws';
import { Emitter, isErrorCode, LanspreadError, withTimeLimit, type Event, type SignalOptions } from '../base/index.ts';
import type { CommandInput, CommandName, CommandResult, CoreEvent } from './contract.ts';
import { SocketReader, SocketWriter } from './json-rpc.ts';

export interface RpcClient extends Disposable {
  invoke<Name extends CommandName>(name: Name, params: CommandInput<Name>): Promise<CommandResult<Name>>;
  readonly events: Event<CoreEvent>;
  /** The core is gone. */
  readonly onDidClose: Event<void>;
}

const connectLimitMs = 5_000;

/** Connects to a running core. Errors: `PEER_UNREACHABLE` when nobody answers, the command's own codes later. */
export async function connectRpc(
  { port, token }: { port: number; token: string },
  { signal }: SignalOptions = {},
): Promise<RpcClient> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/rpc`, ['lanspread', `token.${token}`]);
  const opened = Promise.withResolvers<void>();
  socket.once('open', opened.resolve);
  socket.once('error', (cause) => {
    opened.reject(new LanspreadError('PEER_UNREACHABLE', { message: 'The running Lanspread does not answer.', cause }));
  });
  try {
    await withTimeLimit(
      { limitMs: connectLimitMs, what: 'connecting to the running Lanspread', signal },
      () => opened.promise,
    );
  } catch (error) {
    socket.terminate();
    throw error;
  }
  const connection = createMessageConnection(new SocketReader(socket), new SocketWriter(socket));
  const events = new Emitter<CoreEvent>();
  const closed = new Emitter<void>();
  connection.onNotification('event', (event: CoreEvent) => events.fire(event));
  connection.onClose(() => closed.fire());
  connection.listen();
  return {
    events: events.event,
    onDidClose: closed.event,
    async invoke(name, params) {
      try {
        return await connection.sendRequest(name, params);
      } catch (error) {
        throw fromResponse(error);
      }
    },
    [Symbol.dispose]() {
      connection.dispose();
      socket.close();
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
