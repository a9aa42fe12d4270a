/** Turns what the folders tell into the events that leave the core. */
import type { IDisposable } from './base/index.ts';
import type { Library } from './library/index.ts';
import type { PeerNetwork } from './peers/index.ts';
import type { CoreEventMessage } from './rpc/index.ts';

type Emit = (message: CoreEventMessage) => void;

export function relayPeerEvents(peers: PeerNetwork, emit: Emit): IDisposable {
  const stack = new DisposableStack();
  const tellCount = (): void => emit({ event: 'peer-count-changed', count: peers.peers().length });
  stack.use(peers.onDidDiscover((facts) => emit({ event: 'peer-discovered', ...facts })));
  stack.use(
    peers.onDidConnect(({ peerId, name, addresses }) => {
      emit({ event: 'peer-connected', peerId, name, addresses });
      tellCount();
    }),
  );
  stack.use(
    peers.onDidLose((facts) => {
      emit({ event: 'peer-lost', ...facts });
      tellCount();
    }),
  );
  stack.use(peers.onDidFindIncompatible((facts) => emit({ event: 'peer-incompatible', ...facts })));
  return stack;
}

export function relayLibraryEvents(library: Library, emit: Emit): IDisposable {
  const stack = new DisposableStack();
  stack.use(
    library.onDidChange(({ to, upserts, removed }) =>
      emit({ event: 'local-library-changed', revision: to, upserts, removed }),
    ),
  );
  stack.use(
    library.onDidChangeAvailability(({ available }) =>
      emit({ event: available ? 'games-dir-back' : 'games-dir-lost', gamesDir: library.gamesDir }),
    ),
  );
  return stack;
}
