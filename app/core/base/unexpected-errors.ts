import { toDisposable, type IDisposable } from './lifecycle.ts';

type Handler = (error: unknown) => void;

/** Of each core in this process; whoever came last is asked. */
const handlers: Handler[] = [];

/**
 * For an error that has no caller to go to: whoever fired an event cannot do anything about a listener that fails. Without
 * a handler it is rethrown a moment later, so that it ends the process, and a test that causes it fails.
 */
export function onUnexpectedError(error: unknown): void {
  const handler = handlers.at(-1);
  if (handler) return handler(error);
  queueMicrotask(() => {
    throw error;
  });
}

/** From now on `handler` gets what nobody expected, until it is disposed. */
export function setUnexpectedErrorHandler(handler: Handler): IDisposable {
  // Of its own, so that one function that is set twice is taken away once at a time.
  const own: Handler = (error) => handler(error);
  handlers.push(own);
  return toDisposable(() => void handlers.splice(handlers.indexOf(own), 1));
}
