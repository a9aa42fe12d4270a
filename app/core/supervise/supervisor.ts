import { LanspreadError, systemClock, type Clock, type Logger } from '../base/index.ts';
import { superviseService, type Policy, type Service, type ServiceOptions, type ServiceState } from './service.ts';

export interface SupervisorOptions {
  readonly clock?: Clock;
  readonly logger: Logger;
  /** Called when a `Required` service failed, so that the owner stops the core. */
  readonly onFailed: ServiceOptions['onFailed'];
}

interface ServiceFacts {
  readonly name: string;
  readonly policy: Policy;
  readonly state: ServiceState;
}

/** The services of the core, in start order. */
export interface Supervisor {
  /** Starts a service. Throws `SHUTTING_DOWN` once a stop has begun. */
  start(service: Pick<ServiceOptions, 'name' | 'policy' | 'run'>): Service;
  services(): ServiceFacts[];
  /**
   * Stops all services one after another, the last started first. Services that do not end within the common time limit are
   * told to stop and not awaited; returns their names.
   */
  stop(options: { timeoutMs: number }): Promise<string[]>;
}

export function createSupervisor({ clock = systemClock, logger, onFailed }: SupervisorOptions): Supervisor {
  const entries: { service: Service; policy: Policy }[] = [];
  let stopped: Promise<string[]> | undefined;

  const stopInOrder = async (timeoutMs: number): Promise<string[]> => {
    const { promise: timeIsUp, resolve } = Promise.withResolvers<'late'>();
    using _limit = clock.timeout(() => resolve('late'), timeoutMs);
    const late: string[] = [];
    for (const { service } of entries.toReversed()) {
      const outcome = await Promise.race([service.stop().then(() => 'ended' as const), timeIsUp]);
      if (outcome === 'late') late.push(service.name);
    }
    if (late.length > 0) logger.warn({ services: late, timeoutMs }, 'Services did not stop in time.');
    return late;
  };

  return {
    start({ name, policy, run }) {
      if (stopped) throw stoppingError(name);
      const service = superviseService({ name, policy, run, clock, logger, onFailed });
      entries.push({ service, policy });
      return service;
    },
    services: () => entries.map(({ service, policy }) => ({ name: service.name, policy, state: service.state })),
    stop: ({ timeoutMs }) => (stopped ??= stopInOrder(timeoutMs)),
  };
}

function stoppingError(name: string): LanspreadError {
  return new LanspreadError('SHUTTING_DOWN', { message: `The service ${name} cannot start: the core is stopping.` });
}
