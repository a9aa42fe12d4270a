import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';

const mostInWindow = 50;
const windowMs = 60_000;

interface Ration {
  sinceMs: number;
  told: number;
  withheld: number;
}

/**
 * A logger for messages that strangers can cause at will: at most fifty of each message in a minute. The first one in the
 * next minute gives the number of suppressed ones (`withheld`).
 */
export function rationedLogger(logger: Logger, clock: Clock): Logger {
  const rations = new Map<string, Ration>();
  const at =
    (level: 'info' | 'warn' | 'error') =>
    (facts: object, message: string): void => {
      const nowMs = clock.monotonicMs();
      let ration = rations.get(message);
      const withheld = ration && nowMs - ration.sinceMs >= windowMs ? ration.withheld : 0;
      if (!ration || nowMs - ration.sinceMs >= windowMs) {
        ration = { sinceMs: nowMs, told: 0, withheld: 0 };
        rations.set(message, ration);
      }
      if (ration.told >= mostInWindow) {
        ration.withheld += 1;
        return;
      }
      ration.told += 1;
      logger[level](withheld > 0 ? { ...facts, withheld } : facts, message);
    };
  return {
    ...logger,
    debug: logger.debug.bind(logger),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (facts) => rationedLogger(logger.child(facts), clock),
  };
}
