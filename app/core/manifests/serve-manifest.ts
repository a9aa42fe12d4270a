import type { GameId } from '../base/index.ts';
import { getGameSchema, protocols } from '../protocol/index.ts';
import type { Library } from '../library/index.ts';
import type { PeerNetwork } from '../peers/index.ts';

interface ServeManifestOptions {
  peers: Pick<PeerNetwork, 'handle'>;
  library: Pick<Library, 'get' | 'manifestState'>;
  isKnownGame: (id: string) => boolean;
  isServable: (id: GameId) => boolean;
}

const refuse = (code: string, message: string) => ({ ok: false as const, code, message });

/** Answers peers that ask for a game's manifest. */
export function serveManifests({ peers, library, isKnownGame, isServable }: ServeManifestOptions): Disposable {
  return peers.handle(protocols.game, async (stream) => {
    const { id, version, rootOnly = false } = await stream.readMessage(getGameSchema, 'GetGame');
    const game = isKnownGame(id) && isServable(id) ? library.get(id) : undefined;
    if (!game?.downloaded || game.version !== version) {
      await stream.writeMessage(refuse('GAME_NOT_FOUND', 'Not here in this version.'));
      return;
    }
    const state = library.manifestState(id);
    if (state.kind === 'none') await stream.writeMessage(refuse('GAME_NOT_FOUND', 'Not here in this version.'));
    else if (state.kind === 'pending') {
      await stream.writeMessage({ ...refuse('MANIFEST_PENDING', 'Still hashing.'), percent: state.percent });
    } else {
      const { bytes, root, executables } = state.hashed;
      await stream.writeMessage({
        ok: true,
        root,
        bytes: rootOnly ? 0 : bytes.length,
        executables: rootOnly ? [] : executables,
      });
      if (!rootOnly) await stream.write(bytes);
    }
  });
}
