import type { Clock, FileSystem, GameId, Logger, SignalOptions } from '../base/index.ts';
import type { BlockHasher, Library } from '../library/index.ts';
import type { PeerNetwork } from '../peers/index.ts';
import type { State } from '../state/index.ts';
import type { LivePartial } from './live-partial.ts';
import type { Lanes } from '../lanes/index.ts';

/** What fetching a game works with. */
export interface DownloadContext {
  readonly peers: Pick<PeerNetwork, 'peerId' | 'peers' | 'get' | 'open' | 'onDidConnect' | 'onDidChange' | 'onDidLose'>;
  readonly library: Pick<Library, 'refresh' | 'setPartial' | 'adopt' | 'checkFolder'>;
  readonly hasher: Pick<BlockHasher, 'checkBlocks'>;
  readonly state: Pick<State, 'intents' | 'partials' | 'payloads' | 'transaction'>;
  readonly fileSystem: FileSystem;
  /** Ends what an install, update or uninstall left unfinished in a root, before its journal is written over. */
  readonly settleRoot?: (target: { root: string; gameId: GameId }, options: SignalOptions) => Promise<void>;
  readonly lanes: Pick<Lanes, 'of' | 'onFailed'>;
  /** What is being downloaded right now, for the serve gate. */
  readonly live: Map<string, LivePartial>;
  readonly clock: Clock;
  readonly logger: Logger;
}
