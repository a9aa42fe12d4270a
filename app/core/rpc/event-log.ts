import { Emitter, type Clock, type Event, type Logger } from '../base/index.ts';
import type { CoreEvent, CoreEventMessage } from './contract.ts';

export interface EventLog {
  /** Every event. The first listener first gets the events from before it listened. */
  readonly event: Event<CoreEvent>;
  readonly emit: (message: CoreEventMessage) => void;
  /** Call it when the core runs: these events go out first, then those emitted during the start. */
  begin(first: readonly CoreEventMessage[]): void;
}

/** Stamps events with the time and passes them on. Holds them back until the core runs and has a listener. */
export function createEventLog({ clock, logger }: { clock: Clock; logger: Logger }): EventLog {
  const emitter = new Emitter<CoreEvent>({
    onListenerError: (error) => logger.error({ err: error }, 'a listener of events failed'),
  });
  const stamp = (message: CoreEventMessage): CoreEvent => ({ ...message, at: new Date(clock.now()).toISOString() });
  let held: CoreEvent[] | undefined = [];
  let hasBegun = false;
  let hasListener = false;
  const release = (): void => {
    if (!hasBegun || !hasListener) return;
    const waiting = held;
    held = undefined;
    for (const event of waiting ?? []) emitter.fire(event);
  };
  return {
    emit(message) {
      const event = stamp(message);
      if (held) held.push(event);
      else emitter.fire(event);
    },
    begin(first) {
      hasBegun = true;
      held?.unshift(...first.map(stamp));
      release();
    },
    event(listener) {
      const listening = emitter.event(listener);
      hasListener = true;
      release();
      return listening;
    },
  };
}
