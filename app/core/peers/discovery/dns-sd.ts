import { networkInterfaces } from 'node:os';
import {
  type Clock,
  Emitter,
  type IDisposable,
  type Logger,
  silentLogger,
  systemClock,
  withTimeLimit,
} from '../../base/index.ts';
import { addressesOf, type CacheChange, type HeardFrom, PeerCache } from './cache.ts';
import { type InterfaceTable, type Link, type LinkSelection, scopedAddress, selectLinks } from './interfaces.ts';
import { LinkSet } from './link-set.ts';
import type { DiscoveryContext } from './multicast-link.ts';
import { defaultProbePort, StaticProber } from './prober.ts';
import { type Presentation, readGoodbyes, readPresentations, type ServiceRecord } from './records.ts';
import { Alarm, type MulticastPlace, standardPlace } from './sockets.ts';
import type {
  Announcement,
  AnnouncementUpdate,
  DiscoveredPeer,
  Discovery,
  DiscoveryInterface,
  DiscoveryLostReason,
  DiscoveryWarning,
  StaticHost,
} from './types.ts';

export interface DnsSdOptions extends LinkSelection {
  readonly announcement: Announcement;
  /** Asked directly, also beyond a router. See `parseStaticHost`. */
  readonly staticHosts?: readonly StaticHost[];
  /** Default true. False leaves the broadcast probe and the static hosts. */
  readonly multicast?: boolean;
  /** Default true. */
  readonly broadcast?: boolean;
  /** The port on which probes are sent and answered. */
  readonly probePort?: number;
  /** Port and groups of multicast DNS; for tests. */
  readonly place?: Partial<MulticastPlace>;
  /** How often the interfaces are looked at, in milliseconds. Default 3,000. */
  readonly scanMs?: number;
  /** Where the interfaces are read; the system's by default. */
  readonly interfaceTable?: () => InterfaceTable;
  readonly clock?: Clock;
  /** Gets the interfaces in use; warnings are events. */
  readonly logger?: Logger;
}

/** The time that `stop` gives its goodbyes. */
const goodbyeLimitMs = 500;
/** A scan this much later than planned means that the machine slept. */
const sleptMs = 15_000;

/** Discovery by DNS-SD over multicast DNS, with a broadcast probe and static hosts where multicast is filtered. */
export function createDnsSdDiscovery(options: DnsSdOptions): Discovery {
  return new DnsSdDiscovery(options);
}

class DnsSdDiscovery implements Discovery {
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

  readonly #options: DnsSdOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #cache = new PeerCache();
  readonly #context: DiscoveryContext;
  readonly #links: LinkSet;
  readonly #expiry: Alarm;
  readonly #scanMs: number;
  #announcement: Announcement;
  #staticHosts: readonly StaticHost[];
  /** Those that are asked, by host and port. */
  readonly #statics = new Map<string, StaticProber>();
  #scanning: IDisposable | undefined;
  #lastScanAt = 0;
  #warned = new Set<string>();
  #state: 'new' | 'running' | 'stopped' = 'new';

  constructor(options: DnsSdOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? silentLogger;
    this.#announcement = options.announcement;
    this.#staticHosts = options.staticHosts ?? [];
    this.#scanMs = options.scanMs ?? 3_000;
    const answersBeyondLinks = options.listen === undefined && options.interfaces === undefined;
    this.#context = {
      clock: this.#clock,
      cache: this.#cache,
      announcement: () => this.#announcement,
      answersBeyondLinks,
      isElsewhere: (source) => answersBeyondLinks && !this.#links.isOnAny(source),
      received: (records, origin) => this.#receive(records, origin),
      failed: (owner, error) => this.#links.drop(owner, error),
    };
    this.#links = new LinkSet({
      context: this.#context,
      place: { ...standardPlace, ...options.place },
      probePort: options.probePort ?? defaultProbePort,
      multicast: options.multicast ?? true,
      broadcast: options.broadcast ?? true,
      onWarning: (warning) => this.#warn(warning),
      onChange: (interfaces) => this.#showInterfaces(interfaces),
      onGone: ({ interfaceName, family }) => this.#apply(this.#cache.dropInterface(interfaceName, family)),
    });
    this.#expiry = new Alarm(this.#clock, () => this.#expire());
  }

  async start(): Promise<void> {
    if (this.#state !== 'new') return;
    this.#state = 'running';
    this.#lastScanAt = this.#clock.now();
    await this.#scan();
    if (this.#isStopped()) return;
    this.#askStaticHosts();
    this.#scanning = this.#clock.interval(() => this.#scanAgain(), this.#scanMs);
  }

  setStaticHosts(hosts: readonly StaticHost[]): void {
    this.#staticHosts = hosts;
    if (this.#state === 'running') this.#askStaticHosts();
  }

  update(update: AnnouncementUpdate): void {
    const next = { ...this.#announcement, ...update };
    if (JSON.stringify(next) === JSON.stringify(this.#announcement)) return;
    this.#announcement = next;
    this.#links.announce();
  }

  reconfirm(peerId: string): void {
    if (this.#state !== 'running' || !this.#cache.has(peerId)) return;
    this.#doubt((_origin, id) => id === peerId);
  }

  peers(): readonly DiscoveredPeer[] {
    return this.#cache.peers();
  }

  interfaces(): readonly DiscoveryInterface[] {
    return this.#links.interfaces();
  }

  async stop(): Promise<void> {
    if (this.#state === 'stopped') return;
    const wasRunning = this.#state === 'running';
    this.#state = 'stopped';
    this.#scanning?.[Symbol.dispose]();
    for (const prober of this.#statics.values()) prober[Symbol.dispose]();
    if (wasRunning) await this.#sayGoodbye();
    this.#links[Symbol.dispose]();
    this.#expiry[Symbol.dispose]();
    this.#apply(this.#cache.clear());
    for (const emitter of [
      this.#found,
      this.#changed,
      this.#lost,
      this.#interfacesChanged,
      this.#warning,
      this.#failed,
    ])
      emitter[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #sayGoodbye(): Promise<void> {
    const limits = { limitMs: goodbyeLimitMs, what: 'the goodbye to the network', clock: this.#clock };
    // Nobody waits for a goodbye that cannot leave: the others notice by their time-outs.
    await withTimeLimit(limits, () => this.#links.goodbye()).catch((cause: unknown) => {
      this.#warn({ message: 'The goodbye did not leave in time.', cause });
    });
  }

  #isStopped(): boolean {
    return this.#state === 'stopped';
  }

  /** After a sleep nothing is certain: who was known shows up again or is lost. */
  #wakeUp(): void {
    this.#links.restart();
    this.#doubt(() => true);
  }

  #scanAgain(): void {
    this.#scan().catch((cause: unknown) => {
      if (this.#state === 'running') this.#failed.fire({ cause });
    });
  }

  async #scan(): Promise<void> {
    const nowAt = this.#clock.now();
    if (nowAt - this.#lastScanAt > this.#scanMs + sleptMs) this.#wakeUp();
    this.#lastScanAt = nowAt;
    let links: Link[] = [];
    try {
      links = selectLinks((this.#options.interfaceTable ?? networkInterfaces)(), this.#options);
    } catch (cause) {
      return this.#warn({ message: 'The system does not tell its network interfaces.', cause });
    }
    await this.#links.update(links);
  }

  #askStaticHosts(): void {
    const wanted = new Map(this.#staticHosts.map((host) => [`${host.host} ${host.port}`, host]));
    for (const [key, prober] of this.#statics) {
      if (wanted.has(key)) continue;
      prober[Symbol.dispose]();
      this.#statics.delete(key);
    }
    for (const [key, host] of wanted) if (!this.#statics.has(key)) this.#statics.set(key, this.#probe(host));
  }

  #probe(host: StaticHost): StaticProber {
    return new StaticProber(host, {
      ...this.#context,
      failed: (_owner, cause) => this.#warn({ message: `The static host ${host.host} cannot be asked.`, cause }),
    });
  }

  #receive(records: readonly ServiceRecord[], origin: HeardFrom): void {
    if (this.#state !== 'running') return;
    for (const presentation of readPresentations(records)) this.#see(presentation, origin);
    for (const peerId of readGoodbyes(records)) this.#apply([this.#cache.goodbye(peerId, origin)]);
    this.#arm();
  }

  #see(presentation: Presentation, origin: HeardFrom): void {
    if (presentation.peerId === this.#announcement.peerId) {
      const addresses = [origin.source, ...presentation.addresses];
      if (!addresses.some((address) => this.#links.isOwn(address))) this.#warnOfDouble(origin);
      return;
    }
    const scope = this.#links.scopeOf(origin);
    const addresses = addressesOf({
      origin,
      presented: presentation.addresses,
      hasIPv6: this.#links.has(origin.interfaceName, 'IPv6'),
    }).map(({ family, address }) => ({ family, address: scopedAddress(address, scope) }));
    const { change, moved } = this.#cache.see({ ...origin, presentation, addresses }, this.#clock.monotonicMs());
    this.#apply([change]);
    if (!moved) return;
    this.#doubt(
      (other, id) =>
        id === presentation.peerId &&
        other.learntBy === origin.learntBy &&
        other.interfaceName === origin.interfaceName &&
        other.family === origin.family &&
        other.source !== origin.source,
    );
  }

  #doubt(doubts: (origin: HeardFrom, peerId: string) => boolean): void {
    this.#cache.doubt(this.#clock.monotonicMs(), doubts);
    this.#links.doubt();
    for (const prober of this.#statics.values()) prober.doubt();
    this.#arm();
  }

  #expire(): void {
    this.#apply(this.#cache.expire(this.#clock.monotonicMs()));
    this.#arm();
  }

  #arm(): void {
    if (this.#state === 'running') this.#expiry.set(this.#cache.nextExpiryMs());
  }

  #apply(changes: readonly (CacheChange | undefined)[]): void {
    for (const change of changes) {
      if (change?.kind === 'found') this.#found.fire(change.peer);
      else if (change?.kind === 'changed') this.#changed.fire(change.peer);
      else if (change?.kind === 'lost') this.#lost.fire({ peerId: change.peerId, reason: change.reason });
    }
  }

  #showInterfaces(interfaces: readonly DiscoveryInterface[]): void {
    this.#logger.info({ interfaces }, interfaces.length > 0 ? 'Discovery runs.' : 'Discovery idles: no network.');
    this.#interfacesChanged.fire(interfaces);
  }

  /** Cloned disk images are common where many PCs are alike; such nodes could never see each other. */
  #warnOfDouble({ source, interfaceName }: HeardFrom): void {
    const message = `The PC at ${source} has the same identity as this one: was its state folder copied?`;
    this.#warn({ message, interfaceName }, 'double');
  }

  /** Once for each message and interface: what fails every 3 s would fill the log. */
  #warn(warning: DiscoveryWarning, key = `${warning.interfaceName ?? ''} ${warning.message}`): void {
    if (this.#warned.has(key) || this.#warned.size > 1_000) return;
    this.#warned.add(key);
    this.#warning.fire(warning);
  }
}
