/** Who takes part in a running download: peers that have all of the same content, and peers that are still fetching it. */
import type { ManifestLayout } from '../protocol/index.ts';
import type { Peer } from '../peers/index.ts';
import type { DownloadContext } from './context.ts';
import { askRoot } from './resolve.ts';
import type { TransferRun } from './transfer-run.ts';
import type { DownloadRequest } from './types.ts';
import { watchHave } from './watch-have.ts';

export interface SourceWatchOptions {
  readonly request: DownloadRequest;
  readonly layout: ManifestLayout;
  readonly manifestRoot: string;
  readonly run: TransferRun;
}

export class SourceWatch implements Disposable {
  readonly #context: Pick<DownloadContext, 'peers' | 'clock' | 'logger'>;
  readonly #options: SourceWatchOptions;
  /** Peers whose news are listened to. */
  readonly #watching = new Map<string, AbortController>();
  readonly #over = new AbortController();

  constructor(context: Pick<DownloadContext, 'peers' | 'clock' | 'logger'>, options: SourceWatchOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** A peer that is here, came, or has something else now. */
  consider({ peerId, games }: Peer): void {
    const { request, manifestRoot, run } = this.#options;
    const summary = games.get(request.gameId);
    const isSame = summary?.version === request.version && (summary.root ?? manifestRoot) === manifestRoot;
    if (isSame && summary.availability === 'Partial') return this.#watch(peerId);
    this.#unwatch(peerId);
    if (!isSame || summary.availability !== 'Ready') run.removePeer(peerId);
    else if (summary.root === manifestRoot) run.putPeer(peerId);
    else if (!run.has(peerId)) void this.#ask(peerId);
  }

  lose(peerId: string): void {
    this.#unwatch(peerId);
    this.#options.run.removePeer(peerId);
  }

  [Symbol.dispose](): void {
    this.#over.abort();
    for (const controller of this.#watching.values()) controller.abort();
    this.#watching.clear();
  }

  #unwatch(peerId: string): void {
    this.#watching.get(peerId)?.abort();
    this.#watching.delete(peerId);
  }

  #watch(peerId: string): void {
    if (this.#watching.has(peerId) || this.#over.signal.aborted) return;
    const controller = new AbortController();
    this.#watching.set(peerId, controller);
    const { peers, clock, logger } = this.#context;
    const { request, layout, manifestRoot, run } = this.#options;
    const { signal } = controller;
    const isCurrent = (): boolean => !signal.aborted && peers.get(peerId) !== undefined;
    watchHave({
      peers,
      peerId,
      gameId: request.gameId,
      manifestRoot,
      blockCount: layout.blockCount,
      onHave: (have) => void (isCurrent() && run.putPeer(peerId, have)),
      onNews: (news) => void (isCurrent() && run.updatePeer(peerId, news)),
      clock,
      signal,
    }).catch((error: unknown) => {
      if (signal.aborted) return;
      // It is done, gone, or talks nonsense: whatever it still has, nobody hears of more.
      logger.debug({ peerId, err: error }, 'a peer tells no more what it has');
      this.#watching.delete(peerId);
      run.retirePeer(peerId);
      this.#again(peerId);
    });
  }

  /** Its list may have told of its end before its stream did. */
  #again(peerId: string): void {
    const peer = this.#context.peers.get(peerId);
    const summary = peer?.games.get(this.#options.request.gameId);
    if (peer && summary?.availability === 'Ready') this.consider(peer);
  }

  /** A peer that came later and did not say which content it holds takes part when it holds the same. */
  async #ask(peerId: string): Promise<void> {
    const { peers, logger } = this.#context;
    const { request, manifestRoot, run } = this.#options;
    const { signal } = this.#over;
    try {
      const root = await askRoot(peers, peerId, { request, signal });
      // It may have gone while it was asked.
      if (root === manifestRoot && !signal.aborted && peers.get(peerId)) run.putPeer(peerId);
    } catch (error) {
      if (!signal.aborted) logger.debug({ peerId, err: error }, 'a peer that came later does not take part');
    }
  }
}
