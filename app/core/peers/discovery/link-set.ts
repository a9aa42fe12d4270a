import type { IDisposable } from '../../base/index.ts';
import { bareAddress, broadcastAddresses, isSameLink, type Link, sourceFilter } from './interfaces.ts';
import { type DiscoveryContext, MulticastLink } from './multicast-link.ts';
import { BroadcastProber, ProbeListener } from './prober.ts';
import { RetrySchedule } from './schedule.ts';
import type { MulticastPlace } from './sockets.ts';
import type { AddressFamily, DiscoveryInterface, DiscoveryWarning } from './types.ts';

interface LinkSetOptions {
  readonly context: DiscoveryContext;
  readonly place: MulticastPlace;
  readonly probePort: number;
  readonly multicast: boolean;
  readonly broadcast: boolean;
  onWarning(warning: DiscoveryWarning): void;
  onChange(interfaces: readonly DiscoveryInterface[]): void;
  /** The interface is gone, in this family. */
  onGone(link: Link): void;
}

interface Member {
  link: Link;
  multicast: MulticastLink | undefined;
  prober: BroadcastProber | undefined;
  readonly multicastRetry: RetrySchedule;
  readonly proberRetry: RetrySchedule;
}

/** A link whose multicast port is taken tries for it again with every n-th scan. */
const retryScans = 10;

/**
 * The sockets of every link: opened when a link appears, closed when it goes, opened again by the next scan after an
 * error. Any call to the system may fail at any time; none of it ends discovery.
 */
export class LinkSet implements IDisposable {
  readonly #options: LinkSetOptions;
  readonly #members = new Map<string, Member>();
  readonly #listeners = new Map<AddressFamily, ProbeListener>();
  #updating: Promise<void> | undefined;
  #scans = 0;
  #shown = '[]';
  #disposed = false;

  constructor(options: LinkSetOptions) {
    this.#options = options;
  }

  /** Brings the sockets in line with the links there are. One at a time: a call during another one does nothing. */
  async update(links: readonly Link[]): Promise<void> {
    if (this.#disposed || this.#updating) return this.#updating;
    this.#updating = this.#update(links);
    try {
      await this.#updating;
    } finally {
      this.#updating = undefined;
    }
  }

  interfaces(): DiscoveryInterface[] {
    return Array.from(this.#members.values(), ({ link, multicast, prober }) => ({
      name: link.interfaceName,
      family: link.family,
      address: link.addresses[0] ?? '',
      mode: multicast?.mode ?? (prober ? 'broadcast-only' : 'failed'),
    }));
  }

  has(interfaceName: string, family: AddressFamily): boolean {
    return this.#members.has(`${interfaceName} ${family}`);
  }

  /** Whether an address is one of this PC's, on any of the links. */
  isOwn(address: string): boolean {
    return [...this.#members.values()].some(({ link }) => link.announced.includes(bareAddress(address)));
  }

  /** Whether a source is on any of the links. */
  isOnAny(source: string): boolean {
    return [...this.#members.values()].some(({ link }) => sourceFilter(link)(source));
  }

  scopeOf({ interfaceName }: { interfaceName: string }): string {
    const member = this.#members.get(`${interfaceName} IPv6`) ?? this.#members.get(`${interfaceName} IPv4`);
    return member?.link.scope ?? '';
  }

  announce(): void {
    for (const { multicast, prober } of this.#members.values()) {
      multicast?.announce();
      prober?.restart();
    }
  }

  restart(): void {
    for (const { multicast, prober } of this.#members.values()) {
      multicast?.restart();
      prober?.restart();
    }
  }

  doubt(): void {
    for (const { multicast, prober } of this.#members.values()) {
      multicast?.doubt();
      prober?.doubt();
    }
  }

  async goodbye(): Promise<void> {
    await this.#updating;
    await Promise.all(
      [...this.#members.values()].flatMap(({ multicast, prober }) => [multicast?.goodbye(), prober?.goodbye()]),
    );
  }

  /** Drops a socket that failed; the next scan opens it anew. */
  drop(owner: IDisposable, cause: unknown): void {
    owner[Symbol.dispose]();
    for (const member of this.#members.values()) {
      const { interfaceName, family } = member.link;
      if (member.multicast !== owner && member.prober !== owner) continue;
      if (member.multicast === owner) {
        member.multicast = undefined;
        member.multicastRetry.failed(this.#scans);
      } else {
        member.prober = undefined;
        member.proberRetry.failed(this.#scans);
      }
      this.#options.onWarning({ message: `A discovery socket for ${family} failed.`, interfaceName, cause });
    }
    for (const [family, listener] of this.#listeners) {
      if (listener !== owner) continue;
      this.#listeners.delete(family);
      this.#options.onWarning({ message: `The socket that answers probes over ${family} failed.`, cause });
    }
    this.#show();
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const member of this.#members.values()) close(member);
    this.#members.clear();
    for (const listener of this.#listeners.values()) listener[Symbol.dispose]();
    this.#listeners.clear();
  }

  async #update(links: readonly Link[]): Promise<void> {
    this.#scans += 1;
    this.#removeGone(links);
    for (const link of links) await this.#bring(link);
    await this.#listen(links);
    this.#show();
  }

  #removeGone(links: readonly Link[]): void {
    const wanted = new Set(links.map(({ key }) => key));
    for (const [key, member] of this.#members) {
      if (wanted.has(key)) continue;
      close(member);
      this.#members.delete(key);
      this.#options.onGone(member.link);
    }
  }

  async #bring(link: Link): Promise<void> {
    let member = this.#members.get(link.key);
    if (member && !isSameLink(member.link, link)) {
      close(member);
      // What others said on the old network is told again on the new one, or ends.
      this.#options.context.cache.doubt(
        this.#options.context.clock.monotonicMs(),
        ({ interfaceName, family }) => interfaceName === link.interfaceName && family === link.family,
      );
      member.link = link;
      member.multicastRetry.reset();
      member.proberRetry.reset();
    }
    member ??= {
      link,
      multicast: undefined,
      prober: undefined,
      multicastRetry: new RetrySchedule(),
      proberRetry: new RetrySchedule(),
    };
    this.#members.set(link.key, member);
    await this.#openMulticast(member);
    await this.#openProber(member);
    if (this.#disposed) close(member);
  }

  async #openMulticast(member: Member): Promise<void> {
    const { place, context, multicast } = this.#options;
    const isPoor = member.multicast?.mode === 'browse-only' && this.#scans % retryScans === 0;
    if (!multicast || this.#disposed || (member.multicast && !isPoor)) return;
    if (!member.multicastRetry.isDue(this.#scans)) return;
    const { interfaceName, family } = member.link;
    try {
      const opened = await MulticastLink.open(member.link, place, context);
      member.multicast?.[Symbol.dispose]();
      member.multicast = opened;
      member.multicastRetry.reset();
      if (opened.mode === 'full') return;
      const message = `Another program holds UDP port ${place.port} for itself: others find this PC by broadcast only.`;
      this.#options.onWarning({ message, interfaceName });
    } catch (cause) {
      member.multicastRetry.failed(this.#scans);
      this.#options.onWarning({ message: `Multicast does not work over ${family}.`, interfaceName, cause });
    }
  }

  async #openProber(member: Member): Promise<void> {
    const { probePort, context, broadcast } = this.#options;
    if (!broadcast || this.#disposed || member.prober || broadcastAddresses(member.link).length === 0) return;
    if (!member.proberRetry.isDue(this.#scans)) return;
    try {
      member.prober = await BroadcastProber.open(member.link, probePort, context);
    } catch (cause) {
      member.proberRetry.failed(this.#scans);
      const { interfaceName } = member.link;
      this.#options.onWarning({ message: 'The broadcast probe cannot be sent.', interfaceName, cause });
    }
  }

  async #listen(links: readonly Link[]): Promise<void> {
    const { probePort, context } = this.#options;
    for (const family of ['IPv4', 'IPv6'] as const) {
      const isWanted = links.some((link) => link.family === family);
      try {
        if (isWanted && !this.#listeners.has(family) && !this.#disposed)
          this.#listeners.set(family, await ProbeListener.open(family, probePort, context));
      } catch (cause) {
        const message = `UDP port ${probePort} is taken: probes over ${family} are not answered.`;
        this.#options.onWarning({ message, cause });
      }
      const listener = this.#listeners.get(family);
      if (isWanted && !this.#disposed) listener?.setLinks(links);
      else {
        listener?.[Symbol.dispose]();
        this.#listeners.delete(family);
      }
    }
  }

  #show(): void {
    if (this.#disposed) return;
    const interfaces = this.interfaces();
    const text = JSON.stringify(interfaces);
    if (text === this.#shown) return;
    this.#shown = text;
    this.#options.onChange(interfaces);
  }
}

function close(member: Member): void {
  member.multicast?.[Symbol.dispose]();
  member.prober?.[Symbol.dispose]();
  member.multicast = undefined;
  member.prober = undefined;
}
