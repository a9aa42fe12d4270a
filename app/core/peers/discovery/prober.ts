import type { RemoteInfo, Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP, isIPv4 } from 'node:net';
import type { IDisposable } from '../../base/index.ts';
import { bareAddress, broadcastAddresses, type Link, sourceFilter } from './interfaces.ts';
import type { DiscoveryContext } from './multicast-link.ts';
import {
  decodeMessage,
  encodeQuery,
  encodeResponse,
  messagesPerSecond,
  ownRecords,
  pointerRecord,
  serviceName,
} from './records.ts';
import { broadcastPacing, QuerySchedule, RateLimit, staticPacing } from './schedule.ts';
import { Alarm, closeSocket, openSocket, sendDatagram } from './sockets.ts';
import type { AddressFamily, StaticHost } from './types.ts';
import { answersTo, replyWith } from './responder.ts';

/** The UDP port on which nodes answer probes, where multicast does not arrive. Open it in firewalls beside 5353. */
export const defaultProbePort = 47_624;

/** Known answers in a probe: what fits beside the own records in one frame. */
const knownInProbe = 6;

const question = [{ type: 'PTR', name: serviceName, class: 'IN' } as const];

/**
 * Asks one IPv4 link by directed broadcast, from an ephemeral port. Where multicast brings peers, it only presents this
 * node now and then, for those whom multicast does not reach; nobody answers that.
 */
export class BroadcastProber implements IDisposable {
  readonly link: Link;
  readonly #context: DiscoveryContext;
  readonly #socket: Socket;
  readonly #probePort: number;
  readonly #targets: readonly string[];
  readonly #isOnLink: (source: string) => boolean;
  readonly #queries: QuerySchedule;
  readonly #alarm: Alarm;
  #disposed = false;

  static async open(link: Link, probePort: number, context: DiscoveryContext): Promise<BroadcastProber> {
    const [address] = link.addresses;
    const socket = await openSocket({ family: 'IPv4', port: 0, ...(address !== undefined && { address }) });
    try {
      socket.setBroadcast(true);
      return new BroadcastProber(link, { socket, probePort, context });
    } catch (error) {
      closeSocket(socket);
      throw error;
    }
  }

  private constructor(
    link: Link,
    { socket, probePort, context }: { socket: Socket; probePort: number; context: DiscoveryContext },
  ) {
    this.link = link;
    this.#context = context;
    this.#socket = socket;
    this.#probePort = probePort;
    this.#targets = broadcastAddresses(link);
    this.#isOnLink = sourceFilter(link);
    this.#queries = new QuerySchedule({ startMs: context.clock.monotonicMs(), pacing: broadcastPacing });
    this.#alarm = new Alarm(context.clock, () => this.#work());
    socket.on('message', (bytes, remote) => this.#receive(bytes, remote));
    socket.on('error', (error) => this.#fail(error));
    this.#arm();
  }

  /** Presents this node and asks again, after the announcement or the network changed. */
  restart(): void {
    this.#queries.restart(this.#context.clock.monotonicMs());
    this.#arm();
  }

  doubt(): void {
    this.#queries.doubt(this.#context.clock.monotonicMs());
    this.#arm();
  }

  async goodbye(): Promise<void> {
    const records = ownRecords(this.#context.announcement(), this.link.announced, { ttlS: 0 });
    await this.#broadcast(encodeResponse(records));
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#alarm[Symbol.dispose]();
    closeSocket(this.#socket);
  }

  #arm(): void {
    if (this.#disposed || this.#targets.length === 0) return;
    const where = { learntBy: 'broadcast', interfaceName: this.link.interfaceName, family: 'IPv4' } as const;
    this.#alarm.set(this.#queries.nextMs(this.#context.cache.nextRefreshMs(where, this.#queries.lastAskedMs)));
  }

  #work(): void {
    const nowMs = this.#context.clock.monotonicMs();
    const { interfaceName, family, announced } = this.link;
    const { cache } = this.#context;
    const own = ownRecords(this.#context.announcement(), announced);
    this.#queries.asked(nowMs);
    if (cache.isMulticastEnough(interfaceName)) {
      this.#queries.relax(nowMs);
      void this.#broadcast(encodeResponse(own));
    } else {
      const known = cache
        .knownAnswers({ ways: ['mdns', 'broadcast'], interfaceName, family }, nowMs)
        .slice(0, knownInProbe);
      const knownAnswers = known.map(({ peerId, ttlS }) => pointerRecord(peerId, ttlS));
      for (const probe of encodeQuery({ questions: question, knownAnswers, additionals: own }))
        void this.#broadcast(probe);
    }
    this.#arm();
  }

  #receive(bytes: Buffer, { address, port }: RemoteInfo): void {
    if (port !== this.#probePort || !this.#isOnLink(address)) return;
    const message = decodeMessage(bytes);
    if (message?.kind !== 'response') return;
    const { interfaceName, family } = this.link;
    const origin = { learntBy: 'broadcast', interfaceName, family, source: address } as const;
    this.#context.received([...message.answers, ...message.additionals], origin);
    this.#arm();
  }

  async #broadcast(bytes: Buffer): Promise<void> {
    for (const address of this.#targets) {
      const error = await sendDatagram(this.#socket, bytes, { address, port: this.#probePort });
      if (error) this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (!this.#disposed) this.#context.failed(this, error);
  }
}

/** Parses `10.0.3.7`, `seed.example`, `10.0.3.7:47624`, `[fd00::7]:47624`, `fd00::7`; undefined when it is none of these. */
export function parseStaticHost(text: string, defaultPort: number = defaultProbePort): StaticHost | undefined {
  const trimmed = text.trim();
  if (isIP(trimmed)) return { host: trimmed, port: defaultPort };
  const match = /^(?:\[([^\]]+)\]|([^:[\]\s/]+))(?::(\d{1,5}))?$/.exec(trimmed);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  if (!host || port < 1 || port > 65_535 || (match?.[1] !== undefined && isIP(host) !== 6)) return undefined;
  return { host, port };
}

/** Asks one static host again and again, more slowly while it is silent. */
export class StaticProber implements IDisposable {
  readonly #host: StaticHost;
  readonly #context: DiscoveryContext;
  readonly #queries: QuerySchedule;
  readonly #alarm: Alarm;
  #socket: Socket | undefined;
  #address: string | undefined;
  #disposed = false;

  constructor(host: StaticHost, context: DiscoveryContext) {
    this.#host = host;
    this.#context = context;
    this.#queries = new QuerySchedule({ startMs: context.clock.monotonicMs(), pacing: staticPacing });
    this.#alarm = new Alarm(context.clock, () => void this.#work());
    this.#arm();
  }

  restart(): void {
    this.#queries.restart(this.#context.clock.monotonicMs());
    this.#arm();
  }

  doubt(): void {
    this.#queries.doubt(this.#context.clock.monotonicMs());
    this.#arm();
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#alarm[Symbol.dispose]();
    this.#drop();
  }

  get #family(): AddressFamily {
    return this.#address === undefined || isIPv4(this.#address) ? 'IPv4' : 'IPv6';
  }

  #arm(): void {
    if (this.#disposed) return;
    const where = { learntBy: 'static', interfaceName: '', family: this.#family } as const;
    this.#alarm.set(this.#queries.nextMs(this.#context.cache.nextRefreshMs(where, this.#queries.lastAskedMs)));
  }

  async #work(): Promise<void> {
    this.#queries.asked(this.#context.clock.monotonicMs());
    this.#arm();
    try {
      const { address } = isIP(this.#host.host)
        ? { address: this.#host.host }
        : await lookup(this.#host.host, { verbatim: false });
      const socket = await this.#socketFor(address);
      if (!socket) return;
      // Without own records: the host could not reach back by them, and the finder dials.
      for (const probe of encodeQuery({ questions: question })) {
        const error = await sendDatagram(socket, probe, { address, port: this.#host.port });
        if (error) throw error;
      }
    } catch (error) {
      this.#drop();
      if (!this.#disposed) this.#context.failed(this, error);
    }
  }

  async #socketFor(address: string): Promise<Socket | undefined> {
    if (this.#socket && this.#address === address) return this.#socket;
    this.#drop();
    this.#address = address;
    const socket = await openSocket({ family: this.#family, port: 0 });
    if (this.#disposed || this.#socket) {
      closeSocket(socket);
      return this.#socket;
    }
    this.#socket = socket;
    socket.on('message', (bytes, remote) => this.#receive(bytes, remote));
    socket.on('error', () => this.#drop());
    return socket;
  }

  #drop(): void {
    if (this.#socket) closeSocket(this.#socket);
    this.#socket = undefined;
  }

  #receive(bytes: Buffer, { address, port }: RemoteInfo): void {
    const asked = this.#address ?? '';
    if (port !== this.#host.port || bareAddress(address) !== bareAddress(asked)) return;
    const message = decodeMessage(bytes);
    if (message?.kind !== 'response') return;
    const origin = { learntBy: 'static', interfaceName: '', family: this.#family, source: address } as const;
    this.#context.received([...message.answers, ...message.additionals], origin);
    this.#arm();
  }
}

/** Answers a second: enough for a hall of nodes, too few to aim at somebody with a forged source. */
const answersPerSecond = 200;

/** Answers the probes of others, and learns who probes, on one port for all interfaces. */
export class ProbeListener implements IDisposable {
  readonly #family: AddressFamily;
  readonly #context: DiscoveryContext;
  readonly #socket: Socket;
  readonly #messages = new RateLimit(messagesPerSecond);
  readonly #answers = new RateLimit(answersPerSecond);
  #links: readonly { link: Link; isOnLink: (source: string) => boolean }[] = [];
  #disposed = false;

  static async open(family: AddressFamily, port: number, context: DiscoveryContext): Promise<ProbeListener> {
    return new ProbeListener(family, await openSocket({ family, port, shared: true }), context);
  }

  private constructor(family: AddressFamily, socket: Socket, context: DiscoveryContext) {
    this.#family = family;
    this.#socket = socket;
    this.#context = context;
    socket.on('message', (bytes, remote) => this.#receive(bytes, remote));
    socket.on('error', (error) => {
      if (!this.#disposed) context.failed(this, error);
    });
  }

  /** The links there are now: where a prober is on one, it gets that link's addresses. */
  setLinks(links: readonly Link[]): void {
    this.#links = links
      .filter(({ family }) => family === this.#family)
      .map((link) => ({ link, isOnLink: sourceFilter(link) }));
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    closeSocket(this.#socket);
  }

  #receive(bytes: Buffer, remote: RemoteInfo): void {
    const nowMs = this.#context.clock.monotonicMs();
    const message = this.#messages.passes(nowMs) ? decodeMessage(bytes) : undefined;
    if (!message) return;
    const link = this.#links.find(({ isOnLink }) => isOnLink(remote.address))?.link;
    if (link) {
      const { interfaceName, family } = link;
      const records = message.kind === 'response' ? [...message.answers, ...message.additionals] : message.additionals;
      this.#context.received(records, { learntBy: 'broadcast', interfaceName, family, source: remote.address });
    }
    if (message.kind === 'response' || !(link || this.#context.answersBeyondLinks)) return;
    if (!this.#answers.passes(nowMs)) return;
    // Beyond a router the source address of the answer is the one to dial, whatever addresses this PC has.
    const own = ownRecords(this.#context.announcement(), link?.announced ?? []);
    const answers = answersTo(message, own);
    if (!answers) return;
    const reply = replyWith(answers, own, this.#context.announcement().peerId);
    // Whether it arrives is the asker's affair.
    void sendDatagram(this.#socket, encodeResponse(reply.answers, reply.additionals), remote);
  }
}
