import type { Duplex } from 'node:stream';
import {
  createMessageConnection,
  type CancellationToken,
  type Message,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { anySignal, type Clock, type IDisposable } from '../../base/index.ts';
import { FrameReader, FrameWriter } from '../wire/index.ts';
import { refusal } from './blame.ts';
import { TrafficCount } from './traffic.ts';

export interface LinkOptions {
  readonly pipe: Duplex;
  /** What the extension asks, by method. Throw a `LanspreadError` to refuse. */
  readonly requests: ReadonlyMap<string, (params: unknown, signal: AbortSignal) => Promise<object> | object>;
  /** What it tells, by method. Throw to call it a violation. */
  readonly notices: ReadonlyMap<string, (params: unknown) => void>;
  /** Aborts when the process is not to be answered any more. */
  readonly gone: AbortSignal;
  readonly onViolation: (what: string) => void;
  readonly clock: Clock;
  readonly cleanup: DisposableStack;
}

/** The host's end of the line to an extension, with every message counted before it is looked at. */
export function openLink(options: LinkOptions): MessageConnection {
  const { pipe, clock, cleanup, gone, onViolation } = options;
  const traffic = new TrafficCount(clock);
  const reader = new FrameReader(pipe, {
    inspect: (message: Message) => {
      if (traffic.received(message) === 'pass') return;
      reader.hold();
      cleanup.use(clock.timeout(() => reader.release(), traffic.restOfSecondMs, { background: true }));
    },
    onViolation: (error) => onViolation(error.message),
  });
  const writer = new FrameWriter(pipe, { onWritten: (message) => traffic.sent(message) });
  const connection = createMessageConnection(reader, writer);
  for (const [method, handle] of options.requests) {
    connection.onRequest(method, async (params: unknown, token: CancellationToken) => {
      const cancel = new AbortController();
      using _listening = asDisposable(token.onCancellationRequested(() => cancel.abort()));
      try {
        return await handle(params, anySignal(cancel.signal, gone));
      } catch (error) {
        throw refusal(error);
      }
    });
  }
  for (const [method, handle] of options.notices) {
    connection.onNotification(method, (params: unknown) => {
      try {
        handle(params);
      } catch (error) {
        onViolation(error instanceof Error ? error.message : String(error));
      }
    });
  }
  connection.listen();
  return connection;
}

function asDisposable(disposable: { dispose(): void }): IDisposable {
  return { [Symbol.dispose]: () => disposable.dispose() };
}
