/** Which piece to fetch next from somebody, while others fetch the same content. Pure. */
import type { SwarmView } from './swarm-view.ts';

interface PickOptions {
  readonly swarm: SwarmView;
  /** Who is asked: somebody who is still fetching, or undefined for one that has everything. */
  readonly member: string | undefined;
  /** Something is being fetched from members: what they have need not be asked of a seed. */
  readonly isFedByMembers: boolean;
  /** The first block of the piece that is missing, not under way, and that this source may deliver. */
  readonly firstOpen: (piece: number) => number | undefined;
  readonly nowMs: number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Open pieces that one choice compares: all of a game of 8 GiB, as many of a larger one, by chance. */
const mostLooks = 2_048;

/** Better is smaller; undefined: leave it. */
function rankOf(piece: number, { swarm, member, isFedByMembers, nowMs }: PickOptions): number | undefined {
  const holders = swarm.holders(piece);
  // Rarest first: what few have is given on soonest, so that nobody's leaving takes the last copy away.
  if (member !== undefined) return holders;
  // A seed's bytes are dear: each piece should leave it once. First our share, then what nobody has begun.
  if (holders === 0) return swarm.isClaimed(piece, nowMs) ? undefined : swarm.isMine(piece) ? 0 : 1;
  return isFedByMembers ? undefined : 1 + holders;
}

/** The block at which to begin; undefined when there is nothing to ask this source for now. Ties are broken by chance. */
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
