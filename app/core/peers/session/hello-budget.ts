/** Limits sessions and Hello bytes, in all and for each address, so that one PC with many identities counts as one PC. */
import { LanspreadError } from '../../base/index.ts';
import { limits } from '../../protocol/index.ts';
import { isLoopback } from '../connect/addresses.ts';

/** What one peer's session takes. */
interface Share {
  readonly host: string;
  readonly bytes: number;
}

/** A PC says Hello again when its name or addresses change. Thirty times in ten seconds is a flood. */
const hellosInWindow = 30;
const windowMs = 10_000;

export class HelloBudget {
  #hellos = new Map<string, number>();
  #windowSinceMs = 0;
  readonly #shares = new Map<string, Share>();

  /** Throws `TOO_MANY_REQUESTS` when there is no room for a session of this peer, or for a Hello of this size. */
  assertRoomFor(peerId: string, { host, bytes }: Share): void {
    const others = [...this.#shares].filter(([id]) => id !== peerId).map(([, share]) => share);
    const near = others.filter((share) => share.host === host);
    if (others.length >= limits.sessions) throw tooMany(`There are ${limits.sessions} peers already.`);
    if (sum(others) + bytes > limits.helloBytes)
      throw tooMany('The libraries of the peers take all the room there is.');
    if (isLoopback(host)) return;
    if (near.length >= limits.sessionsPerAddress)
      throw tooMany(`There are ${limits.sessionsPerAddress} peers at ${host} already.`);
    if (sum(near) + bytes > limits.helloBytesPerAddress)
      throw tooMany(`The libraries of the peers at ${host} take all the room there is for one address.`);
  }

  /** Throws `TOO_MANY_REQUESTS` when a peer says Hello again and again: each costs this PC its parsing. */
  countHello(peerId: string, nowMs: number): void {
    if (nowMs - this.#windowSinceMs >= windowMs) {
      this.#hellos = new Map();
      this.#windowSinceMs = nowMs;
    }
    const count = (this.#hellos.get(peerId) ?? 0) + 1;
    this.#hellos.set(peerId, count);
    if (count > hellosInWindow) throw tooMany(`A peer said Hello more than ${hellosInWindow} times in ${windowMs} ms.`);
  }

  take(peerId: string, share: Share): void {
    this.#shares.set(peerId, share);
  }

  giveBack(peerId: string): void {
    this.#shares.delete(peerId);
  }
}

function sum(shares: readonly Share[]): number {
  return shares.reduce((total, { bytes }) => total + bytes, 0);
}

function tooMany(message: string): LanspreadError {
  return new LanspreadError('TOO_MANY_REQUESTS', { message });
}
