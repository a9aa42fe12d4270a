/** The one RPC client, for the command line and for the UI. It needs only the WebSocket that both browsers and Node have. */
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
import { isSameText, keyIdOf, newNonce, proofsOf, windowKeyOf } from './proof.ts';
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
  /** Errors: the command's codes; `PEER_UNREACHABLE` when the core ended before it answered. */
  invoke<Name extends CommandName>(name: Name, params: CommandInput<Name>): Promise<CommandResult<Name>>;
  readonly events: Event<CoreEvent>;
  /** Fires when the core is gone. */
  readonly onDidClose: Event<void>;
}

const connectLimitMs = 5_000;

function unreachable(cause?: unknown): LanspreadError {
  return new LanspreadError('PEER_UNREACHABLE', { message: 'The running Lanspread does not answer.', cause });
}

interface RpcTarget {
  readonly port: number;
  readonly token: string;
  readonly host?: string;
}

interface ConnectOptions extends SignalOptions {
  /** For a window that outlives its core: the next core also lets it in and sends it the new token. */
  readonly onToken?: (token: string) => void;
}

/** Connects to a running core. Errors: `PEER_UNREACHABLE` when no core answers, or none that knows this token. */
export async function connectRpc(
  { port, token, host = '127.0.0.1' }: RpcTarget,
  { signal, onToken }: ConnectOptions = {},
): Promise<RpcClient> {
  const keys = onToken ? [token, await windowKeyOf(token)] : [token];
  const ids = await Promise.all(keys.map(keyIdOf));
  const socket = new WebSocket(`ws://${host}:${port}/rpc`, ['lanspread']);
  try {
    await withTimeLimit({ limitMs: connectLimitMs, what: 'connecting to the running Lanspread', signal }, () =>
      proveBoth(socket, { port, keys, ids }),
    );
  } catch (error) {
    socket.close();
    throw error;
  }
  return clientOf(socket, onToken);
}

/** Checks that the core knows one of these keys, then proves the same to the core. JSON-RPC follows. */
async function proveBoth(
  socket: WebSocket,
  { port, keys, ids }: { port: number; keys: readonly string[]; ids: readonly string[] },
): Promise<void> {
  const clientNonce = newNonce();
  const answered = Promise.withResolvers<unknown>();
  const say = (message: object): void => socket.send(JSON.stringify(message));
  socket.addEventListener('message', ({ data }: { data: unknown }) => answered.resolve(data), { once: true });
  for (const end of ['error', 'close'] as const)
    socket.addEventListener(end, (cause) => answered.reject(unreachable(cause)), { once: true });
  socket.addEventListener('open', () => say({ keys: ids, nonce: clientNonce }), { once: true });
  const { key: id, nonce: coreNonce, proof } = answerOf(await answered.promise);
  const key = keys[ids.indexOf(id)];
  if (key === undefined) throw unreachable();
  const proofs = await proofsOf(key, { port, clientNonce, coreNonce });
  if (!isSameText(proof, proofs.core)) throw unreachable();
  say({ proof: proofs.client });
}

/** Parsed by hand, because the page carries this file and no schema library. */
function answerOf(data: unknown): { key: string; nonce: string; proof: string } {
  let answer: unknown;
  try {
    answer = JSON.parse(String(data));
  } catch (cause) {
    throw unreachable(cause);
  }
  if (typeof answer !== 'object' || answer === null || !('key' in answer && 'nonce' in answer && 'proof' in answer))
    throw unreachable();
  return { key: String(answer.key), nonce: String(answer.nonce), proof: String(answer.proof) };
}

function clientOf(socket: WebSocket, onToken?: (token: string) => void): RpcClient {
  const connection = createMessageConnection(new StandardSocketReader(socket), new StandardSocketWriter(socket));
  const events = new Emitter<CoreEvent>();
  const closed = new Emitter<void>();
  const pending = new Set<(reason: unknown) => void>();
  const rejectPending = (): void => {
    for (const reject of pending) reject(unreachable());
    pending.clear();
  };
  connection.onNotification('event', (event: CoreEvent) => events.fire(event));
  connection.onNotification('token', (token: string) => onToken?.(token));
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

/** Turns a refusal from the core back into its coded error. */
function fromResponse(error: unknown): unknown {
  if (!(error instanceof ResponseError)) return error;
  const data: unknown = error.data;
  if (typeof data !== 'object' || data === null || !('code' in data) || !isErrorCode(data.code)) return error;
  const { code, ...details } = data;
  return new LanspreadError(code, { message: error.message, details, cause: error });
}
