/** Which piece to fetch next from somebody, while others fetch the same content. Pure. */
import type { Pieces } from './pieces.ts';
import type { SwarmView } from './swarm-view.ts';

export interface PickOptions {
  readonly pieces: Pieces;
  readonly swarm: SwarmView;
  /** Whether the source has everything, as opposed to somebody who is still fetching. */
  readonly isSeed: boolean;
  /** Something is being fetched from members: what they have need not be asked of a seed. */
  readonly isFedByMembers: boolean;
  /** The first block of the piece that is missing, not under way, and that this source may deliver. */
  readonly firstOpen: (piece: number) => number | undefined;
  readonly nowMs: number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Better is smaller; undefined: leave it. */
function rankOf(piece: number, { swarm, isSeed, isFedByMembers, nowMs }: PickOptions): number | undefined {
  const holders = swarm.holders(piece);
  // Rarest first: what few have is given on soonest, so that nobody's leaving takes the last copy away.
  if (!isSeed) return holders;
  // A seed's bytes are dear: each piece should leave it once. First our share, then what nobody has begun.
  if (holders === 0) return swarm.isClaimed(piece, nowMs) ? undefined : swarm.isMine(piece) ? 0 : 1;
  return isFedByMembers ? undefined : 1 + holders;
}

/** The block at which to begin; undefined when there is nothing to ask this source for now. Ties are broken by chance. */
export function pickBlock(options: PickOptions): number | undefined {
  const { pieces, firstOpen, random } = options;
  let best = Infinity;
  let found: number | undefined;
  let ties = 0;
  for (let piece = 0; piece < pieces.count; piece += 1) {
    const block = firstOpen(piece);
    if (block === undefined) continue;
    const rank = rankOf(piece, options);
    if (rank === undefined || rank > best) continue;
    ties = rank < best ? 1 : ties + 1;
    best = rank;
    if (random() * ties < 1) found = block;
  }
  return found;
}
