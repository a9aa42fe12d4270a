/** Which peer sent which block wrong, and which peer may still be asked for it. Pure. */
import type { SourcePeer } from './source-peer.ts';

export interface Strike {
  readonly peerId: string;
  readonly block: number;
  /** Whether this was the third strike: the peer is out for this operation. */
  readonly banned: boolean;
}

const maxTriesPerBlock = 3;

export class WrongAnswers {
  /** The number of wrong answers, by block and peer. */
  readonly #byBlock = new Map<number, Map<string, number>>();
  /** The last strike of each peer. */
  readonly #strikes = new Map<string, Strike>();

  strike(peer: SourcePeer, block: number, nowMs: number): Strike {
    const { peerId } = peer;
    const wrong = this.#byBlock.get(block) ?? new Map<string, number>();
    this.#byBlock.set(block, wrong.set(peerId, (wrong.get(peerId) ?? 0) + 1));
    peer.strike(nowMs);
    const strike = { peerId, block, banned: peer.isBanned };
    this.#strikes.set(peerId, strike);
    return strike;
  }

  /** Whether a peer that has the block may be asked for it. `others` are the usable peers. */
  mayAsk(block: number, peer: SourcePeer, others: () => readonly SourcePeer[]): boolean {
    const wrong = this.#byBlock.get(block);
    const own = wrong?.get(peer.peerId) ?? 0;
    if (own === 0) return true;
    if (own >= maxTriesPerBlock) return false;
    // A peer that has not failed on this block comes first.
    return !others().some((other) => !wrong?.has(other.peerId) && other.has(block));
  }

  /** The last strike of the first peer that is here and banned. */
  ofBanned(peers: Iterable<SourcePeer>): Strike | undefined {
    for (const { peerId, isHere, isBanned } of peers) if (isHere && isBanned) return this.#strikes.get(peerId);
    return undefined;
  }
}
