import { Emitter, systemClock, type Clock, type IDisposable } from '../../app/core/base/index.ts';
import { doubtMs } from '../../app/core/peers/discovery/cache.ts';
import type {
  Announcement,
  AnnouncementUpdate,
  DiscoveredPeer,
  Discovery,
  DiscoveryInterface,
  DiscoveryLostReason,
  DiscoveryWarning,
} from '../../app/core/peers/discovery/types.ts';

interface MemoryLanOptions {
  readonly clock?: Clock;
}

/** A network in memory: everyone who joined and is plugged in sees everyone else at once. */
export class MemoryLan {
  readonly #clock: Clock;
  readonly #members = new Set<MemoryDiscovery>();
  #lastHost = 0;

  constructor({ clock = systemClock }: MemoryLanOptions = {}) {
    this.#clock = clock;
  }

  /** A discovery on this network; it takes part from its `start` on. Without an address it gets the next one. */
  join(announcement: Announcement, { address }: { address?: string } = {}): MemoryDiscovery {
    this.#lastHost += 1;
    const own = address ?? `10.77.${Math.floor(this.#lastHost / 256)}.${this.#lastHost % 256}`;
    return new MemoryDiscovery({ announcement, address: own, members: this.#members, clock: this.#clock });
  }
}

interface MemoryDiscoveryOptions {
  readonly announcement: Announcement;
  readonly address: string;
  readonly members: Set<MemoryDiscovery>;
  readonly clock: Clock;
}

const interfaceName = 'memory0';

/** The in-memory adapter: the same promises as the real one, without a network. */
export class MemoryDiscovery implements Discovery {
  readonly #found = new Emitter<DiscoveredPeer>();
  readonly #changed = new Emitter<DiscoveredPeer>();
  readonly #lost = new Emitter<{ peerId: string; reason: DiscoveryLostReason }>();
  readonly #interfacesChanged = new Emitter<readonly DiscoveryInterface[]>();
  readonly #warning = new Emitter<DiscoveryWarning>();
  readonly onPeerFound = this.#found.event;
  readonly onPeerChanged = this.#changed.event;
  readonly onPeerLost = this.#lost.event;
  readonly onInterfacesChanged = this.#interfacesChanged.event;
  readonly onWarning = this.#warning.event;
  readonly #failed = new Emitter<{ cause: unknown }>();
  readonly onFailed = this.#failed.event;

  readonly #address: string;
  readonly #members: Set<MemoryDiscovery>;
  readonly #clock: Clock;
  readonly #peers = new Map<string, DiscoveredPeer>();
  readonly #doubts = new Map<string, IDisposable>();
  #announcement: Announcement;
  #state: 'new' | 'running' | 'stopped' = 'new';
  #plugged = true;

  constructor({ announcement, address, members, clock }: MemoryDiscoveryOptions) {
    this.#announcement = announcement;
    this.#address = address;
    this.#members = members;
    this.#clock = clock;
  }

  async start(): Promise<void> {
    if (this.#state !== 'new') return;
    this.#state = 'running';
    if (this.#plugged) this.#enter();
  }

  update(update: AnnouncementUpdate): void {
    this.#announcement = { ...this.#announcement, ...update };
    for (const other of this.#others()) other.#hear(this);
  }

  /** Everybody is reached here. */
  setStaticHosts(): void {}

  reconfirm(peerId: string): void {
    if (!this.#peers.has(peerId) || this.#doubts.has(peerId)) return;
    if (this.#others().some((other) => other.#announcement.peerId === peerId)) return;
    this.#doubts.set(
      peerId,
      this.#clock.timeout(() => this.#lose(peerId, 'expired'), doubtMs),
    );
  }

  peers(): readonly DiscoveredPeer[] {
    return [...this.#peers.values()];
  }

  interfaces(): readonly DiscoveryInterface[] {
    if (this.#state !== 'running' || !this.#plugged) return [];
    return [{ name: interfaceName, family: 'IPv4', address: this.#address, mode: 'full' }];
  }

  /** It breaks down. */
  fail(cause: unknown): void {
    this.#failed.fire({ cause });
  }

  /** The cable is pulled: nothing is heard or said any more. Others notice only by asking. */
  unplug(): void {
    if (!this.#plugged) return;
    this.#plugged = false;
    this.#members.delete(this);
    if (this.#state !== 'running') return;
    this.#loseAll('interface-down');
    this.#interfacesChanged.fire([]);
  }

  plug(): void {
    if (this.#plugged) return;
    this.#plugged = true;
    if (this.#state === 'running') this.#enter();
  }

  async stop(): Promise<void> {
    if (this.#state === 'stopped') return;
    for (const other of this.#others()) other.#lose(this.#announcement.peerId, 'goodbye');
    this.#members.delete(this);
    this.#state = 'stopped';
    this.#loseAll('stopped');
    for (const emitter of [this.#found, this.#changed, this.#lost, this.#interfacesChanged, this.#warning])
      emitter[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #enter(): void {
    this.#members.add(this);
    this.#interfacesChanged.fire(this.interfaces());
    for (const other of this.#others()) {
      other.#hear(this);
      this.#hear(other);
    }
  }

  /** The others on the network; none while this one is not on it. */
  #others(): MemoryDiscovery[] {
    return this.#members.has(this) ? [...this.#members].filter((member) => member !== this) : [];
  }

  #hear(other: MemoryDiscovery): void {
    const { peerId, name, protocolVersion, quicPort, tcpPort } = other.#announcement;
    if (peerId === this.#announcement.peerId || this.#state !== 'running') return;
    const address = other.#address;
    const place = { interfaceName, family: 'IPv4', address, udpPort: quicPort, tcpPort, learntBy: 'mdns' } as const;
    const peer: DiscoveredPeer = { peerId, name, protocol: protocolVersion, addresses: [place] };
    const previous = this.#peers.get(peerId);
    this.#peers.set(peerId, peer);
    this.#trust(peerId);
    if (!previous) this.#found.fire(peer);
    else if (JSON.stringify(previous) !== JSON.stringify(peer)) this.#changed.fire(peer);
  }

  #trust(peerId: string): void {
    this.#doubts.get(peerId)?.[Symbol.dispose]();
    this.#doubts.delete(peerId);
  }

  #lose(peerId: string, reason: DiscoveryLostReason): void {
    this.#trust(peerId);
    if (this.#peers.delete(peerId)) this.#lost.fire({ peerId, reason });
  }

  #loseAll(reason: DiscoveryLostReason): void {
    for (const peerId of this.#peers.keys()) this.#lose(peerId, reason);
  }
}
