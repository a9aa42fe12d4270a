/** The supervised services, and the reaction to a failure. */
import { whenAborted } from '../base/index.ts';
import type { CatalogRefresh } from '../catalog/index.ts';
import type { Ground } from './ground.ts';
import type { Library } from '../library/index.ts';
import type { PeerNetwork } from '../peers/index.ts';
import { createSupervisor, type Supervisor, type SupervisorOptions } from '../supervise/index.ts';
import type { TlsLane } from '../lanes/index.ts';

interface ServicesOptions {
  readonly library: Pick<Library, 'watch'>;
  readonly peers: Pick<PeerNetwork, 'watchListeners' | 'discover' | 'watchLiveness'>;
  readonly lane: Pick<TlsLane, 'watch'>;
  readonly catalogRefresh: CatalogRefresh;
  /** Called when a part that the core cannot run without has failed. */
  readonly onFailed: SupervisorOptions['onFailed'];
}

export function startServices(
  ground: Pick<Ground, 'watchState' | 'clock' | 'logger'> & { readonly reserve: Pick<Ground['reserve'], 'keepFilled'> },
  { library, peers, lane, catalogRefresh, onFailed }: ServicesOptions,
): Supervisor {
  const { clock, logger } = ground;
  const supervisor = createSupervisor({ clock, logger, onFailed });

  supervisor.start({ name: 'state', policy: 'Required', run: ground.watchState });
  supervisor.start({ name: 'control listener', policy: 'Required', run: (signal) => peers.watchListeners(signal) });
  supervisor.start({ name: 'lane listener', policy: 'Required', run: (signal) => lane.watch(signal) });

  supervisor.start({ name: 'discovery', policy: 'Restart', run: (signal) => peers.discover(signal) });
  supervisor.start({ name: 'liveness', policy: 'Restart', run: (signal) => peers.watchLiveness(signal) });
  supervisor.start({ name: 'catalog refresh', policy: 'Restart', run: (signal) => catalogRefresh.run(signal) });

  supervisor.start({
    name: 'reserve',
    policy: 'Restart',
    run: (signal) => ground.reserve.keepFilled(signal, clock),
  });

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
