/** The peers that the byte lane lets in: where their lanes are, and the bytes that went both ways. */
import type { Clock } from '../../../base/index.ts';
import type { LaneOffer } from '../../../protocol/index.ts';
import type { TrafficSample } from '../messages.ts';
import type { LaneTraffic } from './types.ts';

const signOfLifePeriodMs = 500;

interface PeerAccount {
  offer: LaneOffer;
  bytesIn: number;
  bytesOut: number;
  unreportedBytes: number;
  reportedAtMs: number;
}

interface PeerAccountsOptions {
  readonly clock: Clock;
  /** Bytes went or came; at most twice a second per peer. */
  readonly onBytes: (facts: { readonly peerId: string; readonly bytes: number }) => void;
}

export class PeerAccounts {
  readonly #options: PeerAccountsOptions;
  readonly #accounts = new Map<string, PeerAccount>();

  constructor(options: PeerAccountsOptions) {
    this.#options = options;
  }

  /** Undefined: it is let in no longer. Another certificate begins a new account; no addresses leave those that are known. */
  set(peerId: string, offer: LaneOffer | undefined): void {
    const known = this.#accounts.get(peerId);
    if (!offer) this.#accounts.delete(peerId);
    else if (known?.offer.fingerprint === offer.fingerprint) {
      if (offer.addresses.length > 0) known.offer = offer;
    } else {
      this.#accounts.set(peerId, { offer, bytesIn: 0, bytesOut: 0, unreportedBytes: 0, reportedAtMs: -Infinity });
    }
  }

  /** Live: a peer that is removed while these are read is left out. */
  *offers(): Generator<readonly [peerId: string, offer: LaneOffer]> {
    for (const [peerId, { offer }] of this.#accounts) yield [peerId, offer];
  }

  traffic(): readonly LaneTraffic[] {
    return Array.from(this.#accounts, ([peerId, { bytesIn, bytesOut }]) => ({ peerId, bytesIn, bytesOut }));
  }

  count({ peerId, bytesIn, bytesOut }: TrafficSample): void {
    const account = this.#accounts.get(peerId);
    if (!account) return;
    account.bytesIn += bytesIn;
    account.bytesOut += bytesOut;
    account.unreportedBytes += bytesIn + bytesOut;
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - account.reportedAtMs < signOfLifePeriodMs) return;
    const bytes = account.unreportedBytes;
    account.unreportedBytes = 0;
    account.reportedAtMs = nowMs;
    this.#options.onBytes({ peerId, bytes });
  }
}
