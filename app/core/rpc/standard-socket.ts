/** JSON-RPC 2.0 over the standard WebSocket, one message per frame. */
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  type DataCallback,
  type Disposable as RpcDisposable,
  type Message,
} from 'vscode-jsonrpc/node';

export class StandardSocketReader extends AbstractMessageReader {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    super();
    this.#socket = socket;
    socket.addEventListener('close', () => this.fireClose(), { once: true });
    socket.addEventListener('error', () => this.fireError(new Error('The connection to the core failed.')));
  }

  listen(callback: DataCallback): RpcDisposable {
    const onMessage = ({ data }: { data: unknown }): void => {
      // The core sends only JSON-RPC.
      if (typeof data === 'string') callback(JSON.parse(data) as Message);
    };
    this.#socket.addEventListener('message', onMessage);
    return { dispose: () => this.#socket.removeEventListener('message', onMessage) };
  }
}

export class StandardSocketWriter extends AbstractMessageWriter {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    super();
    this.#socket = socket;
    socket.addEventListener('close', () => this.fireClose(), { once: true });
  }

  async write(message: Message): Promise<void> {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  end(): void {
    this.#socket.close();
  }
}
