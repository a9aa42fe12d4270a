/** Finds the right manifest of a game: asks the peers that have it, lets them vote, and fetches the winner. */
import { LanspreadError, throwIfAborted, toLanspreadError, type Clock } from '../base/index.ts';
import type { HashedManifest } from '../library/index.ts';
import type { Peer, PeerNetwork } from '../peers/index.ts';
import { askManifest, type WantedVersion } from './ask-peers.ts';
import { collectAnswers, type StillReading } from './collect-answers.ts';
import { asRoot, Content, plainKeyOf, filesKeyOf, hasDroppings } from './content.ts';
import { disagreement } from './disagreement.ts';
import {
  commonCore,
  groupAnswers,
  isClear,
  votersOf,
  type Contender,
  type ContentGroup,
  type ManifestAnswer,
} from './manifest-vote.ts';

export interface ResolveRequest extends WantedVersion {
  /** The catalog's pin: only this manifest hash counts. */
  readonly pinnedRoot?: string | undefined;
  /** The player's choice: without a pin only this manifest hash counts. */
  readonly chosenRoot?: string | undefined;
  /** The manifest hash of a download that was begun: it wins when peers disagree. */
  readonly begunRoot?: string | undefined;
  /** The payload's size from the catalog, where it is known. */
  readonly sizeBytes?: number | undefined;
}

interface ResolveOptions {
  readonly signal: AbortSignal;
  readonly onWaiting?: ((waitsFor: readonly StillReading[]) => void) | undefined;
  readonly clock?: Clock;
}

export interface Resolved {
  readonly hashed: HashedManifest;
  /** The peers that have exactly these files. */
  readonly peers: readonly string[];
  /** For each of these peers that knows the files by another manifest hash: that hash. */
  readonly rootOf: ReadonlyMap<string, string>;
}

type Network = Pick<PeerNetwork, 'peers' | 'open'>;

/** The most manifests that are fetched and compared, those of most PCs first. */
const mostCompared = 8;

/** Peers that have the complete version. */
function readyPeers(peers: readonly Peer[], { gameId, version }: ResolveRequest): Peer[] {
  return peers.filter(({ games }) => {
    const summary = games.get(gameId);
    return summary?.availability === 'Ready' && summary.version === version;
  });
}

/**
 * Finds the right manifest and the peers that have it. Errors: `NO_PEERS`, `MANIFEST_TIE` (peers disagree: `choices` in
 * the details list the contents and their peers), the last peer's refusal, `CANCELLED`.
 */
export async function resolveManifest(
  network: Network,
  request: ResolveRequest,
  options: ResolveOptions,
): Promise<Resolved> {
  return await new Resolution(network, request, options).run();
}

class Resolution {
  readonly #network: Network;
  readonly #request: ResolveRequest;
  readonly #options: ResolveOptions;
  /** Manifests that a peer has sent, by manifest hash. */
  readonly #manifests = new Map<string, HashedManifest>();
  /** Peers that answered but then did not send the manifest. */
  readonly #failed = new Map<string, LanspreadError>();

  constructor(network: Network, request: ResolveRequest, options: ResolveOptions) {
    this.#network = network;
    this.#request = request;
    this.#options = options;
  }

  get #wantedRoot(): string | undefined {
    return this.#request.pinnedRoot ?? this.#request.chosenRoot;
  }

  async run(): Promise<Resolved> {
    for (;;) {
      const ready = readyPeers(this.#network.peers(), this.#request).filter(({ peerId }) => !this.#failed.has(peerId));
      if (ready.length === 0) throw [...this.#failed.values()].at(-1) ?? this.#noPeers([]);
      const voters = votersOf(ready);
      const answers = await collectAnswers(
        ready.map(({ peerId }) => peerId),
        { ...this.#options, network: this.#network, request: this.#request, wantedRoot: this.#wantedRoot, voters },
      );
      const failedBefore = this.#failed.size;
      const resolved = await this.#settle(answers, voters);
      if (resolved) return resolved;
      // A peer that did not send its manifest has no vote. The others are asked once more.
      if (this.#failed.size === failedBefore) throw this.#noPeers(groupAnswers(answers, { voters }));
    }
  }

  async #settle(
    answers: readonly ManifestAnswer[],
    voters: ReadonlyMap<string, string>,
  ): Promise<Resolved | undefined> {
    const groups = groupAnswers(answers, { voters });
    const wantedRoot = this.#wantedRoot;
    const wanted = groups.find(({ roots }) => wantedRoot !== undefined && roots[0] === wantedRoot);
    const only = wanted ?? (groups.length === 1 && wantedRoot === undefined ? groups[0] : undefined);
    if (only) {
      const [root = ''] = only.roots;
      const hashed = await this.#manifest(root, only.peers);
      return hashed && { hashed, peers: this.#sound(only.peers), rootOf: new Map() };
    }
    const compared = groups.slice(0, mostCompared);
    await Promise.all(compared.map(({ roots: [root = ''], peers }) => this.#manifest(root, peers)));
    const known = answers.filter(({ peerId, root }) => this.#manifests.has(root) && !this.#failed.has(peerId));
    if (known.length === 0) return undefined;
    return wantedRoot === undefined ? this.#choose(known, voters) : this.#ofWanted(known, wantedRoot, groups);
  }

  /** Finds a peer that holds the wanted content under another manifest hash. */
  #ofWanted(known: readonly ManifestAnswer[], wantedRoot: string, groups: readonly ContentGroup[]): Resolved {
    for (const { root } of known) {
      const manifest = this.#manifests.get(root);
      const hashed = manifest && asRoot(manifest, wantedRoot);
      if (hashed) return this.#resolved(hashed, known);
    }
    throw this.#noPeers(groups);
  }

  #choose(known: readonly ManifestAnswer[], voters: ReadonlyMap<string, string>): Resolved {
    const { gameId, version, begunRoot, sizeBytes } = this.#request;
    const keys = new Map(Array.from(this.#manifests, ([root, { manifest }]) => [root, plainKeyOf(manifest)]));
    const groups = groupAnswers(known, {
      voters,
      contentOf: (root) => keys.get(root) ?? root,
      isLast: (root) => hasDroppings(this.#of(root).manifest),
    });
    const contenders = groups.map(
      (group): Contender => ({ group, content: new Content(this.#of(group.roots[0] ?? '').manifest) }),
    );
    const begun = contenders.find(({ group }) => begunRoot !== undefined && group.roots.includes(begunRoot));
    const clear = isClear(groups, 0) ? contenders[0] : undefined;
    const winner = begun ?? clear ?? commonCore(contenders, { sizeBytes });
    if (!winner) {
      const nameOf = (peerId: string): string =>
        this.#network.peers().find((peer) => peer.peerId === peerId)?.name ?? peerId;
      throw disagreement({ gameId, version, nameOf }, contenders);
    }
    const root = winner === begun && begunRoot !== undefined ? begunRoot : (winner.group.roots[0] ?? '');
    return this.#resolved(this.#of(root), known);
  }

  /** Adds all peers that list the same files, under whatever manifest hash. */
  #resolved(hashed: HashedManifest, known: readonly ManifestAnswer[]): Resolved {
    const wanted = filesKeyOf(hashed.manifest);
    const roots = new Set(known.map(({ root }) => root));
    const same = new Set([...roots].filter((root) => filesKeyOf(this.#of(root).manifest) === wanted));
    const sources = known.filter(({ root }) => same.has(root));
    return {
      hashed,
      peers: sources.map(({ peerId }) => peerId).sort(),
      rootOf: new Map(sources.filter(({ root }) => root !== hashed.root).map(({ peerId, root }) => [peerId, root])),
    };
  }

  #of(root: string): HashedManifest {
    const hashed = this.#manifests.get(root);
    if (!hashed) throw new RangeError(`no manifest ${root}`);
    return hashed;
  }

  /** Fetches the manifest from the first of these peers that sends it. Undefined when none does. */
  async #manifest(root: string, peers: readonly string[]): Promise<HashedManifest | undefined> {
    const { signal } = this.#options;
    for (const peerId of peers) {
      const known = this.#manifests.get(root);
      if (known) return known;
      try {
        const hashed = await askManifest(this.#network, peerId, { root, request: this.#request, signal });
        this.#manifests.set(root, hashed);
        return hashed;
      } catch (error) {
        throwIfAborted(signal);
        this.#failed.set(peerId, toLanspreadError(error, 'NO_PEERS'));
      }
    }
    return undefined;
  }

  #sound(peers: readonly string[]): string[] {
    return peers.filter((peerId) => !this.#failed.has(peerId));
  }

  #noPeers(groups: readonly ContentGroup[]): LanspreadError {
    const { gameId, version } = this.#request;
    const isChoice = this.#request.pinnedRoot === undefined;
    return new LanspreadError('NO_PEERS', {
      ...(this.#wantedRoot !== undefined &&
        groups.length > 0 && {
          message: `No PC here has the content that ${isChoice ? 'you chose' : 'the catalog names'}.`,
        }),
      details: {
        gameId,
        version,
        groups: groups.map(({ roots: [root = ''], peers }) => ({ root, peers })),
      },
    });
  }
}
