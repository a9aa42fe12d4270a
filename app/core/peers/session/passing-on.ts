/**
 * Peers tell each other of peers where discovery does not reach: on another floor's subnet, or where multicast is
 * filtered. On a LAN where discovery shows everybody to everybody nothing is told at all.
 */
import { isIPv4 } from 'node:net';
import { type Clock, type IDisposable, LanspreadError, type Logger, withTimeLimit } from '../../base/index.ts';
import { limits, type PassedPeers, peersFeature, peersSchema, protocols } from '../../protocol/index.ts';
import { addressesOfPeer, endpointOf, isLoopback, parseAddress } from '../connect/addresses.ts';
import { Pace } from './pace.ts';
import type { LibP2pStream } from './peer-stream.ts';
import type { Session } from './session.ts';

/** At most one round of telling in so long, in milliseconds. */
const tellEveryMs = 1_000;
const answerLimitMs = 10_000;
/** From one teller no more is believed in a minute. */
const believedPerMinute = 64;
const minuteMs = 60_000;

interface PassingOnOptions {
  ownPeerId: string;
  sessions: () => readonly Session[];
  /** Whether this PC's own discovery shows the peer. */
  isDiscovered: (peerId: string) => boolean;
  /** Somebody told where a peer is. */
  onTold: (peerId: string, addresses: readonly string[]) => void;
  clock: Clock;
  logger: Logger;
}

/** What a session was told, and how much of what it tells is believed yet. */
interface Account {
  readonly told: Map<string, string>;
  believed: number;
  believedSinceMs: number;
}

export class PassingOn implements IDisposable {
  readonly #options: PassingOnOptions;
  readonly #pace: Pace;
  readonly #accounts = new WeakMap<Session, Account>();

  constructor(options: PassingOnOptions) {
    this.#options = options;
    this.#pace = new Pace({ clock: options.clock, everyMs: tellEveryMs, act: () => this.#tellAll() });
  }

  /** A session began, or its addresses changed. */
  changed(): void {
    this.#pace.ask();
  }

  /** What a peer tells. */
  async hear(stream: LibP2pStream, session: Session): Promise<void> {
    const { peers } = await stream.readMessage(peersSchema, 'peers that are passed on');
    await stream.close();
    const { ownPeerId, sessions, isDiscovered, onTold } = this.#options;
    const connected = new Set(sessions().map(({ peerId }) => peerId));
    const teller = endpointOf(session.connection().remoteAddr)?.host ?? '';
    for (const { id, addresses } of peers) {
      if (id === ownPeerId || connected.has(id) || isDiscovered(id)) continue;
      const near = addressesOfPeer(id, addresses).filter((address) => isNear(hostOf(address), teller));
      if (near.length > 0 && this.#mayBelieve(session)) onTold(id, near);
    }
  }

  [Symbol.dispose](): void {
    this.#pace[Symbol.dispose]();
  }

  #tellAll(): void {
    const { sessions, isDiscovered, logger } = this.#options;
    const all = sessions();
    const peers = all.map((one) => one.view());
    for (const session of all) {
      if (!session.hasFeature(peersFeature)) continue;
      const { told } = this.#accountOf(session);
      const news = whatToTell(session.peerId, { peers, isDiscovered, told });
      if (news.length === 0) continue;
      for (const { id, addresses } of news) told.set(id, addresses.join());
      this.#tell(session, news).catch((error: unknown) => {
        for (const { id } of news) told.delete(id);
        if (!session.signal.aborted) logger.debug({ peerId: session.peerId, err: error }, 'peers were not passed on');
      });
      // The rest has its turn in the next round.
      if (news.length === limits.passedPeers) this.#pace.ask();
    }
  }

  async #tell(session: Session, peers: PassedPeers): Promise<void> {
    const { clock } = this.#options;
    const limit = { limitMs: answerLimitMs, what: 'passing peers on', signal: session.signal, clock };
    await withTimeLimit(limit, async (signal) => {
      using stream = await session.openOwn(protocols.peers, signal);
      await stream.writeMessage({ peers });
      await stream.close();
      // The other side ends its half when it has read it.
      await stream.readSome(1);
    });
  }

  #mayBelieve(session: Session): boolean {
    const account = this.#accountOf(session);
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - account.believedSinceMs >= minuteMs) {
      account.believed = 0;
      account.believedSinceMs = nowMs;
    }
    account.believed += 1;
    return account.believed <= believedPerMinute;
  }

  #accountOf(session: Session): Account {
    const known = this.#accounts.get(session);
    if (known) return known;
    const account = { told: new Map(), believed: 0, believedSinceMs: this.#options.clock.monotonicMs() };
    this.#accounts.set(session, account);
    return account;
  }
}

/** What a peer is told next: the others that discovery may not show it, and that it was not told of yet. Pure. */
export function whatToTell(
  to: string,
  {
    peers,
    isDiscovered,
    told,
  }: {
    peers: readonly { readonly peerId: string; readonly addresses: readonly string[] }[];
    isDiscovered: (peerId: string) => boolean;
    told: ReadonlyMap<string, string>;
  },
): PassedPeers {
  return peers
    .filter(({ peerId }) => peerId !== to && !(isDiscovered(to) && isDiscovered(peerId)))
    .map(({ peerId, addresses }) => ({ id: peerId, addresses: addresses.slice(0, limits.passedAddresses) }))
    .filter(({ id, addresses }) => addresses.length > 0 && told.get(id) !== addresses.join())
    .slice(0, limits.passedPeers);
}

/**
 * Whether an address that somebody told may be dialled: one of a private network, or of the teller's own. So nobody makes
 * this PC knock at the doors of the internet, or at its own. Pure.
 */
export function isNear(host: string | undefined, teller: string): boolean {
  if (host === undefined) return false;
  if (isLoopback(host)) return isLoopback(teller);
  if (!isIPv4(host)) return /^f[cd]/i.test(host);
  const [first = 0, second = 0] = host.split('.').map(Number);
  if (first === 10 || (first === 172 && second >= 16 && second < 32)) return true;
  if ((first === 192 && second === 168) || (first === 169 && second === 254)) return true;
  if (first === 100 && second >= 64 && second < 128) return true;
  return host.split('.', 2).join('.') === teller.split('.', 2).join('.');
}

function hostOf(address: string): string | undefined {
  try {
    return endpointOf(parseAddress(address))?.host;
  } catch (error) {
    if (error instanceof LanspreadError) return undefined;
    throw error;
  }
}
