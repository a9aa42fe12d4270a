/** Turns the events of the rooms into the events that leave the core. */
import type { IDisposable } from '../base/index.ts';
import type { Library } from '../library/index.ts';
import type { Peer, PeerNetwork } from '../peers/index.ts';
import type { CoreEventMessage } from '../rpc/index.ts';

type Emit = (message: CoreEventMessage) => void;

export function relayPeerEvents(peers: PeerNetwork, emit: Emit): IDisposable {
  const stack = new DisposableStack();
  const played = new Map<string, string>();
  const tellPlaying = ({ peerId, name, playing }: Peer): void => {
    const told = playing.join();
    if ((played.get(peerId) ?? '') === told) return;
    played.set(peerId, told);
    emit({ event: 'peer-playing', peerId, name, playing });
  };
  const tellCount = (): void => emit({ event: 'peer-count-changed', count: peers.peers().length });
  stack.use(peers.onDidDiscover((facts) => emit({ event: 'peer-discovered', ...facts })));
  stack.use(
    peers.onDidConnect((peer) => {
      const { peerId, name, addresses } = peer;
      emit({ event: 'peer-connected', peerId, name, addresses });
      tellCount();
      tellPlaying(peer);
    }),
  );
  stack.use(
    peers.onDidLose((facts) => {
      played.delete(facts.peerId);
      emit({ event: 'peer-lost', ...facts });
      tellCount();
    }),
  );
  stack.use(peers.onDidChange(tellPlaying));
  stack.use(peers.onDidFindIncompatible((facts) => emit({ event: 'peer-incompatible', ...facts })));
  stack.use(peers.onDidFindUnreachable((facts) => emit({ event: 'peer-unreachable', ...facts })));
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
