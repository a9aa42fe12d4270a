/** What runs beside the commands, and what it means for the core when one of these fails. */
import { whenAborted } from './base/index.ts';
import type { Ground } from './core-ground.ts';
import type { Library } from './library/index.ts';
import { createSupervisor, type Supervisor, type SupervisorOptions } from './supervise/index.ts';

export interface ServicesOptions {
  readonly library: Library;
  /** A part that the core cannot go on without has failed. */
  readonly onFailed: SupervisorOptions['onFailed'];
}

export function startServices({ clock, logger }: Ground, { library, onFailed }: ServicesOptions): Supervisor {
  const supervisor = createSupervisor({ clock, logger, onFailed });
  supervisor.start({
    name: 'library watcher',
    policy: 'BestEffort',
    run: async (signal) => {
      await library.watch();
      await whenAborted(signal);
    },
  });
  return supervisor;
}
