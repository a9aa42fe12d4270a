import { toDisposable, type IDisposable } from './lifecycle.ts';

type Handler = (error: unknown) => void;

/** One handler for each core in this process; the last one set is called. */
const handlers: Handler[] = [];

/**
 * Takes an error that has no caller: the code that fires an event cannot handle a listener's failure. Without a handler the
 * error is thrown again a moment later, so that it ends the process and fails the test that caused it.
 */
export function onUnexpectedError(error: unknown): void {
  const handler = handlers.at(-1);
  if (handler) return handler(error);
  queueMicrotask(() => {
    throw error;
  });
}

/** Sends unexpected errors to `handler` until it is disposed. */
export function setUnexpectedErrorHandler(handler: Handler): IDisposable {
  // A new function, so that a function that is set twice is removed once per disposal.
  const own: Handler = (error) => handler(error);
  handlers.push(own);
  return toDisposable(() => void handlers.splice(handlers.indexOf(own), 1));
}
