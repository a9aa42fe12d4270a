import {
  CancellationTokenSource,
  ResponseError,
  type CancellationToken,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { extensionThrew, type ErrorData } from '../wire/index.ts';

/** How much is asked of the host at a time; the rest waits its turn. Below what the host bears. */
const openAtATime = 48;
const maxMessageLength = 2_000;
const maxStackLength = 8_000;
const maxNameLength = 300;

/** The extension's side of the line. */
export class HostLink {
  readonly #connection: MessageConnection;
  readonly #waiting: (() => void)[] = [];
  #open = 0;

  constructor(connection: MessageConnection) {
    this.#connection = connection;
  }

  /** Asks the host. Rejects with an error that bears the host's code. */
  async ask(method: string, params: object, signal?: AbortSignal): Promise<Record<string, unknown>> {
    signal?.throwIfAborted();
    if (this.#open >= openAtATime) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#open += 1;
    const cancel = new CancellationTokenSource();
    const onAbort = (): void => cancel.cancel();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await this.#connection.sendRequest<Record<string, unknown>>(method, params, cancel.token);
    } catch (error) {
      signal?.throwIfAborted();
      throw fromHost(error);
    } finally {
      signal?.removeEventListener('abort', onAbort);
      cancel.dispose();
      this.#open -= 1;
      this.#waiting.shift()?.();
    }
  }

  tell(method: string, params: object): void {
    // With the link gone, nobody can be told.
    this.#connection.sendNotification(method, params).catch(() => {});
  }

  /** Answers what the host asks; what `handle` throws goes back with its code. */
  onAsked<P>(method: string, handle: (params: P, signal: AbortSignal) => unknown): void {
    this.#connection.onRequest(method, async (params: P, token: CancellationToken) => {
      const cancel = new AbortController();
      const onCancel = token.onCancellationRequested(() => cancel.abort());
      try {
        return (await handle(params, cancel.signal)) ?? {};
      } catch (error) {
        throw toHostError(error);
      } finally {
        onCancel.dispose();
      }
    });
  }

  onTold<P>(method: string, handle: (params: P) => void): void {
    this.#connection.onNotification(method, (params: P) => handle(params));
  }
}

function fromHost(error: unknown): unknown {
  if (!(error instanceof ResponseError)) return error;
  // Data of an error of the host is `ErrorData`; an extension sees no more of it than the code.
  const data = error.data as ErrorData | undefined;
  return Object.assign(new Error(error.message), data?.code === undefined ? {} : { code: data.code });
}

function toHostError(error: unknown): ResponseError<ErrorData> {
  const isError = error instanceof Error;
  const { code, entry, file }: Partial<Record<'code' | 'entry' | 'file', unknown>> =
    typeof error === 'object' && error !== null ? error : {};
  return new ResponseError<ErrorData>(
    extensionThrew,
    (isError ? error.message : String(error)).slice(0, maxMessageLength),
    {
      ...(typeof code === 'string' && { code: code.slice(0, 100) }),
      ...(typeof entry === 'string' && { entry: entry.slice(0, maxNameLength) }),
      ...(typeof file === 'string' && { file: file.slice(0, maxNameLength) }),
      ...(isError && error.stack !== undefined && { stack: error.stack.slice(0, maxStackLength) }),
    },
  );
}
