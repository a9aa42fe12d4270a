/**
 * Decides which peers take part in a running download: peers that have the whole content, and peers that still fetch
 * it.
 */
import type { IDisposable } from '../base/index.ts';
import type { GameSummary, ManifestLayout } from '../protocol/index.ts';
import type { Peer } from '../peers/index.ts';
import type { DownloadContext } from './context.ts';
import { isNonsense } from './have-check.ts';
import { askManifest, askRoot, haveSameFiles } from '../manifests/index.ts';
import type { TransferRun } from './transfer-run.ts';
import type { DownloadRequest } from './types.ts';
import { watchHave } from './watch-have.ts';

/** How long a peer's news stream rests before it is opened again, in milliseconds. */
const restMs = 2_000;
/** How many other manifest hashes are checked for the same files. */
const mostRoots = 16;

interface SourceWatchOptions {
  readonly request: DownloadRequest;
  readonly layout: ManifestLayout;
  readonly manifestRoot: string;
  /** Kept up to date here: the manifest hash by which a peer knows these files, where it differs. */
  readonly rootOf: Map<string, string>;
  readonly run: TransferRun;
}

export class SourceWatch implements Disposable {
  readonly #context: Pick<DownloadContext, 'peers' | 'clock' | 'logger'>;
  readonly #options: SourceWatchOptions;
  /** Peers whose news streams are open, and peers that sent nonsense: their streams are never opened again. */
  readonly #watching = new Map<string, AbortController>();
  /** Peers whose news stream ended a moment ago. */
  readonly #resting = new Map<string, IDisposable>();
  readonly #over = new AbortController();
  /** Whether a manifest hash stands for the same files. */
  readonly #sameFiles = new Map<string, Promise<boolean>>();

  constructor(context: Pick<DownloadContext, 'peers' | 'clock' | 'logger'>, options: SourceWatchOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** Looks at a peer that is here, has come, or has changed its games. */
  consider({ peerId, games }: Peer): void {
    const { request, manifestRoot, rootOf, run } = this.#options;
    const summary = games.get(request.gameId);
    const isVersion = summary?.version === request.version;
    if (isVersion && summary.availability === 'Partial' && summary.root === manifestRoot) {
      rootOf.delete(peerId);
      return this.#watch(peerId);
    }
    this.#unwatch(peerId);
    if (!isVersion || summary.availability !== 'Ready') return run.removePeer(peerId);
    const isKnown = summary.root === (rootOf.get(peerId) ?? manifestRoot);
    if (isKnown) return run.putPeer(peerId);
    if (summary.root !== undefined) run.removePeer(peerId);
    if (!run.has(peerId)) void this.#ask(peerId, summary.root);
  }

  lose(peerId: string): void {
    this.#unwatch(peerId);
    this.#options.run.removePeer(peerId);
  }

  [Symbol.dispose](): void {
    this.#over.abort();
    for (const controller of this.#watching.values()) controller.abort();
    this.#watching.clear();
    for (const timer of this.#resting.values()) timer[Symbol.dispose]();
  }

  #unwatch(peerId: string): void {
    this.#watching.get(peerId)?.abort();
    this.#watching.delete(peerId);
  }

  #watch(peerId: string): void {
    if (this.#watching.has(peerId) || this.#resting.has(peerId) || this.#over.signal.aborted) return;
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
      // The peer has finished, left, or sent nonsense. Nothing more is heard of its blocks.
      logger.debug({ peerId, err: error }, 'a peer tells no more what it has');
      run.retirePeer(peerId);
      if (isNonsense(error)) return;
      this.#watching.delete(peerId);
      // The peer's game list may have said that it finished before its stream ended. Or the peer goes on later, after a
      // pause or a broken stream.
      this.#again(peerId, 'Ready');
      this.#later(peerId);
    });
  }

  #later(peerId: string): void {
    const { clock } = this.#context;
    const again = (): void => {
      this.#resting.delete(peerId);
      this.#again(peerId, 'Partial');
    };
    if (!this.#over.signal.aborted) this.#resting.set(peerId, clock.timeout(again, restMs));
  }

  #again(peerId: string, wanted: GameSummary['availability']): void {
    const peer = this.#context.peers.get(peerId);
    const summary = peer?.games.get(this.#options.request.gameId);
    if (peer && summary?.availability === wanted) this.consider(peer);
  }

  /** Asks a peer that came later. It takes part if it holds the same files, under whatever manifest hash. */
  async #ask(peerId: string, toldRoot: string | undefined): Promise<void> {
    const { peers, logger } = this.#context;
    const { request, manifestRoot, rootOf, run } = this.#options;
    const { signal } = this.#over;
    try {
      const root = toldRoot ?? (await askRoot(peers, peerId, { request, signal }));
      if (root !== manifestRoot && !(await this.#isSameFiles(root, peerId))) return;
      // The peer may have left while it was asked.
      if (signal.aborted || !peers.get(peerId)) return;
      if (root === manifestRoot) rootOf.delete(peerId);
      else rootOf.set(peerId, root);
      run.putPeer(peerId);
    } catch (error) {
      if (!signal.aborted) logger.debug({ peerId, err: error }, 'a peer that came later does not take part');
    }
  }

  /** Checks each manifest hash once, and at most as many as honest PCs in a room would have. */
  async #isSameFiles(root: string, peerId: string): Promise<boolean> {
    const known = this.#sameFiles.get(root);
    if (known) return await known;
    if (this.#sameFiles.size >= mostRoots) return false;
    const { request, layout } = this.#options;
    const compare = async (): Promise<boolean> => {
      const { manifest } = await askManifest(this.#context.peers, peerId, {
        root,
        request,
        signal: this.#over.signal,
      });
      return haveSameFiles(manifest, layout.manifest);
    };
    const comparing = compare();
    this.#sameFiles.set(root, comparing);
    // If this peer fails to send the manifest, the next peer is asked.
    comparing.catch(() => this.#sameFiles.delete(root));
    return await comparing;
  }
}
