import { Emitter, type Clock, type Event, type Logger } from '../base/index.ts';
import type { CoreEvent, CoreEventMessage } from './contract.ts';

export interface EventLog {
  /** Every event; the first listener is first given what happened before it listened. */
  readonly event: Event<CoreEvent>;
  readonly emit: (message: CoreEventMessage) => void;
}

/** Stamps events with the time and hands them on. Holds them back until somebody listens, so that none is missed. */
export function createEventLog({ clock, logger }: { clock: Clock; logger: Logger }): EventLog {
  const emitter = new Emitter<CoreEvent>({
    onListenerError: (error) => logger.error({ err: error }, 'a listener of events failed'),
  });
  let early: CoreEvent[] | undefined = [];
  return {
    emit(message) {
      const event: CoreEvent = { ...message, at: new Date(clock.now()).toISOString() };
      if (early) early.push(event);
      else emitter.fire(event);
    },
    event(listener) {
      const listening = emitter.event(listener);
      const waiting = early;
      early = undefined;
      for (const event of waiting ?? []) emitter.fire(event);
      return listening;
    },
  };
}
