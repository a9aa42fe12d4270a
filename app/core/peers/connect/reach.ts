import type { Multiaddr } from '@multiformats/multiaddr';
import {
  type Clock,
  Emitter,
  type ErrorCode,
  type IDisposable,
  LanspreadError,
  type Logger,
  whenAborted,
} from '../../base/index.ts';
import { PROTOCOL_VERSION } from '../../protocol/index.ts';
import type { KnownPeer } from '../../state/index.ts';
import { dialAddresses, parseAddress, peerIdOf } from './addresses.ts';
import { Dialler, type DialTarget, firstDialDelayMs } from './dialler.ts';
import type { DiscoveredPeer, Discovery, StaticHost } from '../discovery/types.ts';
import type { LostReason, UnreachablePeer } from '../types.ts';
import { parseStaticHost } from '../discovery/prober.ts';

interface ReachOptions {
  ownPeerId: string;
  hasQuic: boolean;
  connect: (target: DialTarget, options: { signal: AbortSignal }) => Promise<string>;
  isConnected: (peerId: string) => boolean;
  clock: Clock;
  random: () => number;
  logger: Logger;
}

/** Whom to dial and when: what discovery finds, what the user names, who was there last time. */
export class Reach implements IDisposable {
  readonly #options: ReachOptions;
  readonly #dialler: Dialler;
  readonly #stack = new DisposableStack();
  /** Peers of another version, with what they announced when that was found out. */
  readonly #incompatible = new Map<string, string>();
  readonly #discovered = new Emitter<{ peerId: string; name: string; addresses: readonly string[] }>();
  readonly #incompatibleFound = new Emitter<{ peerId: string; name: string; reason: string }>();
  readonly #unreachable = new Map<string, UnreachablePeer>();
  readonly #unreachableFound = new Emitter<UnreachablePeer>();
  readonly onDidDiscover = this.#discovered.event;
  readonly onDidFindUnreachable = this.#unreachableFound.event;
  readonly onDidFindIncompatible = this.#incompatibleFound.event;
  #discovery: Discovery | undefined;
  #staticHosts: readonly StaticHost[] = [];
  #staticKeys: ReadonlySet<string> = new Set();

  constructor(options: ReachOptions) {
    this.#options = options;
    this.#dialler = this.#stack.use(
      new Dialler({ ...options, onFailed: (target, failure) => this.#onDialFailed(target, failure) }),
    );
  }

  /** See `PeerNetwork.setStaticPeers`; those that were given before and are not named any more are let go. */
  setStatic(texts: readonly string[]): void {
    const { hosts, addresses } = planStaticPeers(texts, (text, error) =>
      this.#options.logger.warn({ address: text, err: error }, 'a static peer is left out'),
    );
    const targets = addresses.filter(({ peerId }) => peerId !== this.#options.ownPeerId);
    const keys = new Set(targets.map(({ text }) => staticKey(text)));
    for (const key of this.#staticKeys) if (!keys.has(key)) this.#dialler.drop(key);
    this.#staticKeys = keys;
    for (const { text, peerId, address } of targets)
      this.#dialler.put({ key: staticKey(text), kind: 'static', peerId, addresses: [address] });
    this.#staticHosts = hosts;
    this.#discovery?.setStaticHosts(hosts);
  }

  /**
   * Tries each of the peers that were there last time once. Discovery goes first where there is one: whom it finds is
   * dialled where it is now, and not where it was.
   */
  addKnown(peers: readonly KnownPeer[], { isDiscovering }: { isDiscovering: boolean }): void {
    for (const { peerId, addresses } of worthTrying(peers, this.#options.clock.now())) {
      if (peerId === this.#options.ownPeerId || this.#dialler.has(foundKey(peerId))) continue;
      const parsed = this.#parsed(peerId, addresses);
      if (parsed.length === 0) continue;
      const delayMs = firstDialDelayMs(this.#options.ownPeerId, peerId) + (isDiscovering ? discoveryFirstMs : 0);
      this.#dialler.put({ key: knownKey(peerId), kind: 'known', peerId, addresses: parsed }, { delayMs });
    }
  }

  /** Another peer told where this one is. Tried once. */
  addTold(peerId: string, addresses: readonly string[]): void {
    if (this.#dialler.count('told') >= mostTold) return;
    const parsed = this.#parsed(peerId, addresses);
    if (parsed.length === 0 || peerId === this.#options.ownPeerId || this.#dialler.has(foundKey(peerId))) return;
    const delayMs = firstDialDelayMs(this.#options.ownPeerId, peerId);
    this.#dialler.put({ key: `told ${peerId}`, kind: 'told', peerId, addresses: parsed }, { delayMs });
  }

  /** Whether discovery shows the peer now. */
  isDiscovered(peerId: string): boolean {
    return this.#dialler.has(foundKey(peerId));
  }

  #parsed(peerId: string, addresses: readonly string[]): Multiaddr[] {
    return addresses.flatMap((text) => {
      try {
        const address = parseAddress(text);
        return peerIdOf(address) === peerId ? [address] : [];
      } catch (error) {
        this.#options.logger.debug({ peerId, err: error }, 'a stored address is left out');
        return [];
      }
    });
  }

  /**
   * Finds peers by a discovery of its own until the signal aborts. `onInterfacesChanged` is called whenever this PC's own
   * addresses may have changed since. Rejects with what the discovery failed of; it is stopped then, and another one may
   * take its place.
   */
  async discover(
    discovery: Discovery,
    { onInterfacesChanged, signal }: { onInterfacesChanged: () => void; signal: AbortSignal },
  ): Promise<void> {
    const { logger } = this.#options;
    using listening = new DisposableStack();
    const { promise: failed, reject } = Promise.withResolvers<never>();
    failed.catch(() => undefined);
    listening.use(discovery.onFailed(({ cause }) => reject(cause)));
    listening.use(discovery.onWarning((warning) => logger.warn({ ...warning }, 'discovery')));
    listening.use(discovery.onPeerFound((peer) => this.#onFound(peer, { isNew: true })));
    listening.use(discovery.onPeerChanged((peer) => this.#onFound(peer, { isNew: false })));
    listening.use(discovery.onPeerLost(({ peerId }) => this.#onGone(peerId)));
    this.#discovery = discovery;
    discovery.setStaticHosts(this.#staticHosts);
    try {
      await Promise.race([discovery.start(), failed]);
      listening.use(discovery.onInterfacesChanged(onInterfacesChanged));
      await Promise.race([whenAborted(signal), failed]);
    } finally {
      // At the end of all `stop` says the goodbye, in time.
      if (!this.#stack.disposed) {
        this.#discovery = undefined;
        await discovery.stop();
      }
    }
  }

  rename(name: string): void {
    this.#discovery?.update({ name });
  }

  /** Dials nobody any more and takes leave of the network. */
  async stop(): Promise<void> {
    this[Symbol.dispose]();
    await this.#discovery?.stop();
  }

  /** Hello told that a peer speaks another version. */
  foundIncompatible(peerId: string, protocol: number): void {
    const announced = this.#discovery?.peers().find((peer) => peer.peerId === peerId);
    this.#tellIncompatible({ peerId, name: announced?.name ?? '', protocol, announced: signatureOf(announced) });
  }

  /** A session is over. */
  lost(peerId: string, reason: LostReason): void {
    if (reason !== 'goodbye') {
      this.#dialler.retry(peerId, { delayMs: firstDialDelayMs(this.#options.ownPeerId, peerId) });
      return;
    }
    // It said that it goes; discovery tells when it is back, or that it never left the network.
    this.#discovery?.reconfirm(peerId);
    this.#dialler.retry(peerId, { delayMs: afterGoodbyeMs });
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
    this.#discovered[Symbol.dispose]();
    this.#incompatibleFound[Symbol.dispose]();
    this.#unreachableFound[Symbol.dispose]();
  }

  /** Peers that are heard, but cannot be reached: behind a firewall, or in another subnet. */
  unreachable(): UnreachablePeer[] {
    return [...this.#unreachable.values()];
  }

  /** There is a session with it; either side may have called. */
  reached(peerId: string): void {
    this.#unreachable.delete(peerId);
  }

  #onGone(peerId: string): void {
    this.#unreachable.delete(peerId);
    this.#incompatible.delete(peerId);
    this.#dialler.drop(foundKey(peerId));
  }

  #onFound(peer: DiscoveredPeer, { isNew }: { isNew: boolean }): void {
    const { ownPeerId, hasQuic } = this.#options;
    const { peerId, name, protocol, addresses } = peer;
    if (peerId === ownPeerId) return;
    const announced = signatureOf(peer);
    if (protocol !== PROTOCOL_VERSION) {
      this.#tellIncompatible({ peerId, name, protocol, announced });
      return;
    }
    if (this.#incompatible.get(peerId) === announced) return;
    this.#incompatible.delete(peerId);
    const targets = dialAddresses(peerId, addresses, { hasQuic });
    if (targets.length === 0) return;
    // What it announces now beats what it told last time.
    this.#dialler.drop(knownKey(peerId));
    if (isNew) this.#discovered.fire({ peerId, name, addresses: targets.map(String) });
    this.#dialler.put(
      { key: foundKey(peerId), kind: 'found', peerId, addresses: targets },
      { delayMs: firstDialDelayMs(ownPeerId, peerId) },
    );
  }

  /** The peer is heard but takes no connection. A peer that is gone was lost by discovery before this. */
  #tellUnreachable(peerId: string): void {
    const heard = this.#discovery?.peers().find((peer) => peer.peerId === peerId);
    if (!heard || this.#unreachable.has(peerId)) return;
    const addresses = [...new Set(heard.addresses.map(({ address }) => address))];
    const found = { peerId, name: heard.name, addresses };
    this.#unreachable.set(peerId, found);
    this.#unreachableFound.fire(found);
  }

  #tellIncompatible(found: { peerId: string; name: string; protocol: number; announced: string }): void {
    const { peerId, name, protocol, announced } = found;
    this.#dialler.drop(foundKey(peerId));
    const isKnown = this.#incompatible.get(peerId) === announced;
    if (!isKnown && this.#incompatible.size >= rememberedIncompatible) this.#incompatible.clear();
    this.#incompatible.set(peerId, announced);
    if (isKnown) return;
    const reason = `speaks protocol version ${protocol}, this is ${PROTOCOL_VERSION}`;
    this.#incompatibleFound.fire({ peerId, name, reason });
  }

  #onDialFailed(target: DialTarget, { code, failures }: { code: ErrorCode; failures: number }): void {
    if (target.kind === 'known' || target.kind === 'told' || code === 'SELF_CONNECT') this.#dialler.drop(target.key);
    if (target.kind !== 'found' || !target.peerId || code === 'INCOMPATIBLE_PEER') return;
    this.#discovery?.reconfirm(target.peerId);
    const isUnreachable = code === 'PEER_UNREACHABLE' || code === 'PEER_TIMEOUT';
    if (isUnreachable && failures >= failuresOfClosedDoor) this.#tellUnreachable(target.peerId);
  }
}

/** How long discovery may take to find a remembered peer before its old addresses are tried, in milliseconds. */
const discoveryFirstMs = 1_000;
const rememberedForMs = 60 * 24 * 60 * 60 * 1000;
const mostRemembered = 128;
/** Peers that others told of. */
const mostTold = 256;
/** Dials in a row that a peer which is still heard did not answer. */
const failuresOfClosedDoor = 3;
const afterGoodbyeMs = 5_000;
/** Enough for a hall; a limit, so that a flood of invented peers cannot fill the memory. */
const rememberedIncompatible = 1_000;

const staticKey = (text: string): string => `static ${text}`;
const foundKey = (peerId: string): string => `found ${peerId}`;
const knownKey = (peerId: string): string => `known ${peerId}`;

/** The peers that may still be where they were: those seen in the last 60 days, at most 128, the newest first. Pure. */
export function worthTrying(peers: readonly KnownPeer[], nowMs: number): KnownPeer[] {
  return peers
    .filter(({ lastSeenAt }) => lastSeenAt > nowMs - rememberedForMs)
    .sort((a, b) => b.lastSeenAt - a.lastSeenAt)
    .slice(0, mostRemembered);
}

/** What a peer announced, to see whether it changed. */
function signatureOf(peer: DiscoveredPeer | undefined): string {
  return peer ? JSON.stringify([peer.name, peer.protocol, peer.addresses]) : '';
}

interface StaticAddress {
  /** As it was given. */
  readonly text: string;
  readonly address: Multiaddr;
  readonly peerId: string | undefined;
}

/** What the user's list of peers means: addresses to dial, and hosts to ask. Each once. Pure but for `onUnfit`. */
export function planStaticPeers(
  texts: readonly string[],
  onUnfit: (text: string, error: unknown) => void,
): { addresses: StaticAddress[]; hosts: StaticHost[] } {
  const addresses: StaticAddress[] = [];
  const hosts: StaticHost[] = [];
  for (const text of new Set(texts.map((given) => given.trim()))) {
    try {
      if (text.startsWith('/')) {
        const address = parseAddress(text);
        addresses.push({ text, address, peerId: peerIdOf(address) });
      } else hosts.push(hostOf(text));
    } catch (error) {
      onUnfit(text, error);
    }
  }
  return { addresses, hosts };
}

function hostOf(text: string): StaticHost {
  const host = parseStaticHost(text);
  if (host) return host;
  throw new LanspreadError('INVALID_ADDRESS', {
    message: `${JSON.stringify(text.slice(0, 200))} is not a valid address.`,
    details: { address: text.slice(0, 200) },
  });
}
