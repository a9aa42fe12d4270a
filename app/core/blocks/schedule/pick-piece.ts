/** Picks the next piece to fetch from a peer while others fetch the same content. Pure. */
import type { SwarmView } from './swarm-view.ts';

interface PickOptions {
  readonly swarm: SwarmView;
  /** The peer to ask, if it still fetches; undefined for a seed. */
  readonly member: string | undefined;
  /** Pieces are coming from members, so a seed need not send what members have. */
  readonly isFedByMembers: boolean;
  /** The first block of the piece that is missing, not under way, and that this source may deliver. */
  readonly firstOpen: (piece: number) => number | undefined;
  readonly nowMs: number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Open pieces that one choice compares: all pieces of a game of 8 GiB, a random sample of a larger one. */
const mostLooks = 2_048;

/** A smaller rank is better; undefined: not now. */
function rankOf(piece: number, { swarm, member, isFedByMembers, nowMs }: PickOptions): number | undefined {
  const holders = swarm.holders(piece);
  // Rarest first: rare pieces spread soonest, so that no peer takes the last copy away when it leaves.
  if (member !== undefined) return holders;
  // A seed's bytes are scarce: each piece should leave it once. Our share comes first, then pieces that nobody has
  // begun.
  if (holders === 0) return swarm.isClaimed(piece, nowMs) ? undefined : swarm.isMine(piece) ? 0 : 1;
  return isFedByMembers ? undefined : 1 + holders;
}

/** The block to begin with; undefined when there is nothing to ask this source for now. Chance breaks ties. */
export function pickBlock(options: PickOptions): number | undefined {
  const { swarm, member, firstOpen, random } = options;
  let best = Infinity;
  let found: number | undefined;
  let ties = 0;
  swarm.offersOf(member).search(
    (piece) => {
      if (swarm.isComplete(piece)) return 'drop';
      const block = firstOpen(piece);
      if (block === undefined) return 'skip';
      const rank = rankOf(piece, options);
      if (rank === undefined || rank > best) return 'seen';
      ties = rank < best ? 1 : ties + 1;
      best = rank;
      if (random() * ties < 1) found = block;
      return 'seen';
    },
    { random, mostLooks },
  );
  return found;
}
