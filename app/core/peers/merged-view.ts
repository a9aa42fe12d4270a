/** What the peers together offer of one game. Pure. */
import type { GameId } from '../base/index.ts';
import type { GameSummary } from '../protocol/index.ts';
import type { Peer } from './types.ts';

interface Offer {
  readonly peerId: string;
  readonly summary: GameSummary;
}

interface MergedOffers {
  /** Peers that have the wanted version whole. */
  readonly peerCount: number;
  /** Those, in the order of their ids. */
  readonly ready: readonly Offer[];
  /** Peers that are downloading the wanted version and give what they have. */
  readonly partial: readonly Offer[];
  /** Peers that have another version. */
  readonly others: readonly Offer[];
  /** One that most agree with: of the largest group of ready peers with equal content; undefined without a ready one. */
  readonly best: Offer | undefined;
  /** What most ready peers tell, else most partial ones; undefined when nobody has the wanted version. */
  readonly sizeBytes: number | undefined;
}

/** Merges the peers' offers of a game, seen from the version that is wanted. */
export function mergeOffers(
  { id, version }: { readonly id: GameId; readonly version: string },
  peers: readonly Peer[],
): MergedOffers {
  const offers = peers.flatMap((peer): Offer[] => {
    const summary = peer.games.get(id);
    return summary && summary.availability !== 'LocalOnly' ? [{ peerId: peer.peerId, summary }] : [];
  });
  offers.sort((a, b) => (a.peerId < b.peerId ? -1 : 1));
  const wanted = offers.filter(({ summary }) => summary.version === version);
  const ready = wanted.filter(({ summary }) => summary.availability === 'Ready');
  const partial = wanted.filter(({ summary }) => summary.availability === 'Partial');
  const best = largestGroup(ready, ({ root, sizeBytes }) => root ?? `${sizeBytes} bytes`)[0];
  const sized = largestGroup(ready.length > 0 ? ready : partial, ({ sizeBytes }) => String(sizeBytes))[0];
  return {
    peerCount: ready.length,
    ready,
    partial,
    others: offers.filter(({ summary }) => summary.version !== version),
    best,
    sizeBytes: sized?.summary.sizeBytes,
  };
}

/** Of equally large groups the one that begins first. */
function largestGroup(offers: readonly Offer[], keyOf: (summary: GameSummary) => string): readonly Offer[] {
  const groups = Map.groupBy(offers, ({ summary }) => keyOf(summary));
  let largest: readonly Offer[] = [];
  for (const group of groups.values()) if (group.length > largest.length) largest = group;
  return largest;
}
