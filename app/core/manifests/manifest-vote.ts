/** Decides by the peers' answers which content of a version is right. Pure. */
import { isIPv6 } from 'node:net';
import type { Content } from './content.ts';

/** One peer's answer. */
export interface ManifestAnswer {
  readonly peerId: string;
  readonly root: string;
}

/** Peers that hold the same content. */
export interface ContentGroup {
  /** Their manifest hashes, that of most PCs first. There are several where `version.ini` is written differently. */
  readonly roots: readonly string[];
  readonly peers: readonly string[];
  /** The number of PCs, as far as they can be told apart. */
  readonly votes: number;
}

/**
 * Groups peers into voters. Peer ids cost nothing, so addresses tell PCs apart: peers that share one have one vote. For
 * IPv6 the network part counts, because a PC can take any number of addresses in it.
 */
export function votersOf(peers: readonly { peerId: string; remoteHosts: readonly string[] }[]): Map<string, string> {
  const leaders = new Map<string, string>();
  const leaderOf = (key: string): string => {
    let leader = key;
    for (let next = leaders.get(leader); next !== undefined; next = leaders.get(leader)) leader = next;
    return leader;
  };
  for (const { peerId, remoteHosts } of peers)
    for (const host of remoteHosts) {
      const [one, other] = [leaderOf(`id ${peerId}`), leaderOf(`host ${placeOf(host)}`)];
      if (one !== other) leaders.set(one, other);
    }
  return new Map(peers.map(({ peerId }) => [peerId, leaderOf(`id ${peerId}`)]));
}

function placeOf(host: string): string {
  const [address = ''] = host.toLowerCase().split('%');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  if (mapped) return mapped;
  return isIPv6(address) ? firstHalfOf(address) : address;
}

/** The first 64 bits of an IPv6 address. */
function firstHalfOf(address: string): string {
  const [head = '', tail] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const all = [...before, ...Array<string>(zeros).fill('0'), ...after];
  return all
    .slice(0, 4)
    .map((part) => Number.parseInt(part, 16).toString(16))
    .join(':');
}

interface GroupOptions {
  /** See `votersOf`. */
  readonly voters: ReadonlyMap<string, string>;
  /** Equal for manifest hashes of the same content. Default: each hash for itself. */
  readonly contentOf?: (root: string) => string;
  /** Manifest hashes that come last in their group, however many peers have them. */
  readonly isLast?: (root: string) => boolean;
}

/**
 * Groups the peers by content, the content of most PCs first. Ties are ordered by manifest hash, so that the order of
 * the answers does not matter.
 */
export function groupAnswers(
  answers: readonly ManifestAnswer[],
  { voters, contentOf = (root) => root, isLast = () => false }: GroupOptions,
): ContentGroup[] {
  const rootOf = new Map(answers.map(({ peerId, root }) => [peerId, root]));
  const byContent = Map.groupBy(rootOf, ([, root]) => contentOf(root));
  const votesOf = (peers: readonly string[]): number => new Set(peers.map((id) => voters.get(id) ?? id)).size;
  const groups = Array.from(byContent.values(), (entries): ContentGroup => {
    const peers = entries.map(([peerId]) => peerId).sort();
    const byRoot = Map.groupBy(entries, ([, root]) => root);
    const ranked = Array.from(byRoot, ([root, held]) => ({ root, votes: votesOf(held.map(([peerId]) => peerId)) }));
    ranked.sort(
      (a, b) => Number(isLast(a.root)) - Number(isLast(b.root)) || b.votes - a.votes || (a.root < b.root ? -1 : 1),
    );
    return { roots: ranked.map(({ root }) => root), peers, votes: votesOf(peers) };
  });
  return groups.sort((a, b) => b.votes - a.votes || ((a.roots[0] ?? '') < (b.roots[0] ?? '') ? -1 : 1));
}

/**
 * The smallest clear majority: at least this many PCs, and this many for each PC that says otherwise. It decides
 * without asking the player.
 */
const clearMajority = 3;

/** Whether the first group is so large that the other answers and the `outstanding` ones do not matter. */
export function isClear(groups: readonly ContentGroup[], outstanding: number): boolean {
  const [first, ...others] = groups;
  if (!first) return false;
  const against = others.reduce((sum, { votes }) => sum + votes, outstanding);
  return against === 0 || (first.votes >= clearMajority && first.votes >= clearMajority * against);
}

/** How much more another content may have and still be the same game, in bytes or as a share. */
const strayBytes = 1024 * 1024;
const strayShare = 0.01;

export interface Contender {
  readonly group: ContentGroup;
  readonly content: Content;
}

/**
 * Finds the content that every other contender also has, byte for byte, beside a few more files: a log, a note, a
 * screenshot. If the catalog gives the payload's size, the content must also fit it best, so that half a copy does not
 * win.
 */
export function commonCore(
  contenders: readonly Contender[],
  { sizeBytes }: { sizeBytes?: number | undefined } = {},
): Contender | undefined {
  return contenders.find(({ content }) =>
    contenders.every((other) => other.content === content || isCoreOf(content, other.content, sizeBytes)),
  );
}

function isCoreOf(content: Content, other: Content, wantedBytes: number | undefined): boolean {
  if (!content.isWithin(other)) return false;
  if (wantedBytes) return Math.abs(content.sizeBytes - wantedBytes) <= Math.abs(other.sizeBytes - wantedBytes);
  return other.sizeBytes - content.sizeBytes <= Math.max(strayBytes, strayShare * content.sizeBytes);
}
