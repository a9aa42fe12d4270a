/** JSON-RPC 2.0 over one WebSocket, one message per frame, for both ends in Node. */
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  type DataCallback,
  type Disposable as RpcDisposable,
  type Message,
} from 'vscode-jsonrpc/node';
import type { WebSocket } from 'ws';
import { LanspreadError } from '../base/index.ts';

/** A client that does not read is cut off beyond this, in bytes; it reconnects and asks for the snapshot. */
const maxBufferedBytes = 16 * 1024 * 1024;

export class SocketReader extends AbstractMessageReader {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    super();
    this.#socket = socket;
    socket.once('close', () => this.fireClose());
    socket.on('error', (error) => this.fireError(error));
  }

  listen(callback: DataCallback): RpcDisposable {
    const onMessage = (data: Buffer): void => {
      let message: unknown;
      try {
        message = JSON.parse(data.toString());
      } catch {
        this.#socket.close(1007, 'not JSON');
        return;
      }
      if (typeof message !== 'object' || message === null || !('jsonrpc' in message)) {
        this.#socket.close(1002, 'not JSON-RPC');
        return;
      }
      callback(message as Message);
    };
    this.#socket.on('message', onMessage);
    return { dispose: () => this.#socket.off('message', onMessage) };
  }
}

export class SocketWriter extends AbstractMessageWriter {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    super();
    this.#socket = socket;
    socket.once('close', () => this.fireClose());
  }

  async write(message: Message): Promise<void> {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > maxBufferedBytes) {
      this.#socket.terminate();
      throw new LanspreadError('TOO_MANY_REQUESTS', {
        message: 'A reader of events does not keep up and was cut off.',
      });
    }
    this.#socket.send(JSON.stringify(message));
  }

  end(): void {
    this.#socket.close();
  }
}
