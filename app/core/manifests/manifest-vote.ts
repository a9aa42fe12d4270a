/** Which manifest of a version is the right one. Pure. */

/** What one peer says. */
export interface ManifestAnswer {
  readonly peerId: string;
  readonly root: string;
}

interface ManifestGroup {
  readonly root: string;
  readonly peers: readonly string[];
}

export type ManifestVote =
  /** `peers` agree; they alone may give bytes. */
  | { readonly kind: 'winner'; readonly root: string; readonly peers: readonly string[] }
  /** The largest groups are of one size; `groups` tells who holds what, largest first. */
  | { readonly kind: 'tie'; readonly groups: readonly ManifestGroup[] }
  /** Nobody answered, or nobody holds what the catalog pins. */
  | { readonly kind: 'none'; readonly groups: readonly ManifestGroup[] };

interface VoteOptions {
  /** The catalog's word: only this root counts, however few have it. */
  readonly pinnedRoot?: string | undefined;
}

/** The largest group that agrees on a root wins. A peer that answered twice counts with its last answer. */
export function voteOnManifest(answers: readonly ManifestAnswer[], { pinnedRoot }: VoteOptions = {}): ManifestVote {
  const groups = groupAnswers(answers);
  if (pinnedRoot !== undefined) {
    const pinned = groups.find(({ root }) => root === pinnedRoot);
    return pinned ? { kind: 'winner', ...pinned } : { kind: 'none', groups };
  }
  const [first, second] = groups;
  if (!first) return { kind: 'none', groups };
  if (second && second.peers.length === first.peers.length) return { kind: 'tie', groups };
  return { kind: 'winner', ...first };
}

/** Whether `outstanding` further answers could still change who wins. */
export function canBeOvertaken(answers: readonly ManifestAnswer[], outstanding: number): boolean {
  const [first, second] = groupAnswers(answers);
  return (first?.peers.length ?? 0) <= (second?.peers.length ?? 0) + outstanding;
}

/** Largest first; equal ones by root, so that the order does not depend on who answered first. */
function groupAnswers(answers: readonly ManifestAnswer[]): ManifestGroup[] {
  const rootOf = new Map(answers.map(({ peerId, root }) => [peerId, root]));
  const groups = new Map<string, string[]>();
  for (const [peerId, root] of rootOf) {
    const peers = groups.get(root);
    if (peers) peers.push(peerId);
    else groups.set(root, [peerId]);
  }
  return Array.from(groups, ([root, peers]) => ({ root, peers: peers.toSorted() })).toSorted(
    (a, b) => b.peers.length - a.peers.length || (a.root < b.root ? -1 : 1),
  );
}
