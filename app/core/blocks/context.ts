import type { Clock, FileSystem, GameId, Logger, SignalOptions } from '../base/index.ts';
import type { BlockHasher, Library } from '../library/index.ts';
import type { PeerNetwork } from '../peers/index.ts';
import type { State } from '../state/index.ts';
import type { LivePartial } from './live-partial.ts';
import type { Lanes } from '../lanes/index.ts';

/** Everything that a download, a verify or a repair needs. */
export interface DownloadContext {
  readonly peers: Pick<PeerNetwork, 'peerId' | 'peers' | 'get' | 'open' | 'onDidConnect' | 'onDidChange' | 'onDidLose'>;
  readonly library: Pick<Library, 'refresh' | 'setPartial' | 'adopt' | 'checkFolder'>;
  readonly hasher: Pick<BlockHasher, 'checkBlocks'>;
  readonly state: Pick<State, 'intents' | 'partials' | 'payloads' | 'transaction'>;
  readonly fileSystem: FileSystem;
  /** Settles an unfinished install, update or uninstall in a game folder, before its journal entry is overwritten. */
  readonly settleRoot?: (target: { root: string; gameId: GameId }, options: SignalOptions) => Promise<void>;
  readonly lanes: Pick<Lanes, 'of' | 'onFailed'>;
  /** The downloads that run now, by game id. The serve gate reads them. */
  readonly live: Map<string, LivePartial>;
  readonly clock: Clock;
  readonly logger: Logger;
}
