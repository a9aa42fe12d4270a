import type { RemoteInfo } from 'node:dgram';
import type { Clock, IDisposable } from '../../base/index.ts';
import type { HeardFrom, PeerCache } from './cache.ts';
import { type Link, sourceFilter } from './interfaces.ts';
import {
  type DecodedMessage,
  decodeMessage,
  encodeLegacyResponse,
  encodeQuery,
  encodeResponse,
  enumerationRecord,
  isSameName,
  messagesPerSecond,
  ownRecords,
  pointedPeerId,
  pointerRecord,
  recordTtlS,
  serviceName,
  type ServiceRecord,
} from './records.ts';
import { answersTo, isKnown, replyWith } from './responder.ts';
import { AnnounceSchedule, AnswerSchedule, multicastPacing, QuerySchedule, RateLimit } from './schedule.ts';
import {
  Alarm,
  closeSocket,
  type MulticastPlace,
  type MulticastSocket,
  openMulticastSocket,
  sendDatagram,
} from './sockets.ts';
import type { Announcement } from './types.ts';

/** What a link or prober needs of the discovery it belongs to. */
export interface DiscoveryContext {
  readonly clock: Clock;
  readonly cache: PeerCache;
  announcement(): Announcement;
  /** Whether a prober who is on none of the links is answered: not when only some of the interfaces were chosen. */
  readonly answersBeyondLinks: boolean;
  /** Whether a source is in none of this PC's subnets. Never where only some of the interfaces were chosen. */
  isElsewhere(source: string): boolean;
  /** Records that others sent about themselves. */
  received(records: readonly ServiceRecord[], origin: HeardFrom): void;
  /** Something failed; the owner of the socket is dropped and opened again by a later scan. */
  failed(owner: IDisposable, error: unknown): void;
}

/** Multicast DNS on one link: announces, answers and asks, until disposed. */
export class MulticastLink implements IDisposable {
  readonly link: Link;
  readonly mode: MulticastSocket['mode'];
  readonly #context: DiscoveryContext;
  readonly #socket: MulticastSocket;
  readonly #place: MulticastPlace;
  readonly #isOnLink: (source: string) => boolean;
  readonly #queries: QuerySchedule;
  readonly #announcements = new AnnounceSchedule();
  readonly #answers = new AnswerSchedule<ServiceRecord>();
  readonly #messages = new RateLimit(messagesPerSecond);
  readonly #alarm: Alarm;
  #records: ServiceRecord[] = [];
  #disposed = false;

  /** Rejects when multicast does not work on the link: refused by the system, or the first message cannot be sent. */
  static async open(link: Link, place: MulticastPlace, context: DiscoveryContext): Promise<MulticastLink> {
    const opened = MulticastLink.over(await openMulticastSocket(link, place), { link, place, context });
    const error = await opened.#trySend(encodeResponse(opened.#records));
    if (error === undefined) return opened;
    opened[Symbol.dispose]();
    throw error;
  }

  /** The same over a socket that is open already. */
  static over(
    socket: MulticastSocket,
    { link, place, context }: { link: Link; place: MulticastPlace; context: DiscoveryContext },
  ): MulticastLink {
    return new MulticastLink(link, { place, context, socket });
  }

  private constructor(
    link: Link,
    { place, context, socket }: { place: MulticastPlace; context: DiscoveryContext; socket: MulticastSocket },
  ) {
    this.link = link;
    this.mode = socket.mode;
    this.#context = context;
    this.#socket = socket;
    this.#place = place;
    this.#isOnLink = sourceFilter(link);
    const { clock } = context;
    this.#alarm = new Alarm(clock, () => this.#work());
    this.#queries = new QuerySchedule({ startMs: clock.monotonicMs(), pacing: multicastPacing });
    socket.socket.on('message', (bytes, remote) => this.#receive(bytes, remote));
    socket.socket.on('error', (error) => this.#fail(error));
    this.#records = ownRecords(context.announcement(), link.announced);
    this.#announcements.restart(this.#now());
    this.#announcements.announced(this.#now());
    this.#arm();
  }

  /** Announces the current records. */
  announce(): void {
    this.#records = ownRecords(this.#context.announcement(), this.link.announced);
    this.#answers.forget();
    this.#announcements.restart(this.#now());
    this.#work();
  }

  /** Starts asking and announcing anew, as after a sleep. */
  restart(): void {
    this.#queries.restart(this.#now());
    this.announce();
  }

  /** Asks soon for the peers that the cache doubts. */
  doubt(): void {
    this.#queries.doubt(this.#now());
    this.#arm();
  }

  /** Says that this node leaves. */
  async goodbye(): Promise<void> {
    if (this.mode !== 'full') return;
    const records = ownRecords(this.#context.announcement(), this.link.announced, { ttlS: 0 });
    await this.#send(encodeResponse(records));
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#alarm[Symbol.dispose]();
    closeSocket(this.#socket.socket);
  }

  #now(): number {
    return this.#context.clock.monotonicMs();
  }

  #refreshMs(): number | undefined {
    const { interfaceName, family } = this.link;
    return this.#context.cache.nextRefreshMs({ learntBy: 'mdns', interfaceName, family }, this.#queries.lastAskedMs);
  }

  #arm(): void {
    if (this.#disposed) return;
    this.#alarm.set(this.#queries.nextMs(this.#refreshMs()), this.#announcements.nextMs(), this.#answers.nextMs());
  }

  /** Sends everything that is due. */
  #work(): void {
    if (this.#disposed) return;
    const nowMs = this.#now();
    const isDue = (timeMs: number | undefined): boolean => timeMs !== undefined && timeMs <= nowMs;
    if (isDue(this.#announcements.nextMs())) this.#sayAll(nowMs);
    if (isDue(this.#answers.nextMs())) this.#sayAnswers(nowMs);
    if (isDue(this.#queries.nextMs(this.#refreshMs()))) this.#ask(nowMs);
    this.#arm();
  }

  #sayAll(nowMs: number): void {
    this.#announcements.announced(nowMs);
    // Only what comes from the multicast port counts as a multicast answer (RFC 6762, section 6).
    if (this.mode !== 'full') return;
    this.#answers.said(this.#records, nowMs);
    void this.#send(encodeResponse(this.#records));
  }

  #sayAnswers(nowMs: number): void {
    const answers = this.#answers.take(nowMs);
    if (answers.length === 0) return;
    const { peerId } = this.#context.announcement();
    const reply = replyWith(answers, this.#records, peerId);
    void this.#send(encodeResponse(reply.answers, reply.additionals));
  }

  #ask(nowMs: number): void {
    this.#queries.asked(nowMs);
    const messages = encodeQuery({
      questions: [{ type: 'PTR', name: serviceName, class: 'IN' }],
      knownAnswers: this.#knownAnswers(nowMs),
    });
    for (const message of messages) void this.#send(message);
  }

  #knownAnswers(nowMs: number): ServiceRecord[] {
    const { interfaceName, family } = this.link;
    const known = this.#context.cache.knownAnswers({ ways: ['mdns'], interfaceName, family }, nowMs);
    // The own pointer stands first: else this node would answer itself.
    return [
      pointerRecord(this.#context.announcement().peerId, recordTtlS),
      ...known.map(({ peerId, ttlS }) => pointerRecord(peerId, ttlS)),
    ];
  }

  #receive(bytes: Buffer, remote: RemoteInfo): void {
    if (!this.#messages.passes(this.#now()) || !this.#isHeardHere(remote.address)) return;
    const message = decodeMessage(bytes);
    if (!message) return;
    if (message.kind === 'response') {
      if (remote.port !== this.#place.port) return;
      this.#context.received([...message.answers, ...message.additionals], this.#originOf(remote.address));
    } else if (this.mode === 'full') {
      this.#hearQuery(message, remote);
    }
    this.#arm();
  }

  /**
   * The system hands every packet to every socket. One from a subnet that this PC has nowhere came over a wire that it is on
   * all the same (192.168 beside 169.254): it is looked at, and whether the peer can be reached a dial will tell.
   */
  #isHeardHere(source: string): boolean {
    return this.#isOnLink(source) || this.#context.isElsewhere(source);
  }

  #originOf(source: string): HeardFrom {
    const { interfaceName, family } = this.link;
    return { learntBy: 'mdns', interfaceName, family, source };
  }

  #hearQuery(query: DecodedMessage, remote: RemoteInfo): void {
    const nowMs = this.#now();
    const asker = `${remote.address} ${remote.port}`;
    const answers = answersTo(query, [...this.#records, enumerationRecord]);
    if (remote.port !== this.#place.port) {
      if (answers) void this.#answerDirectly(query, answers, remote);
      return;
    }
    if (query.questions.length === 0) this.#answers.withdraw(asker, (record) => isKnown(record, query.answers));
    if (answers) this.#answers.ask(answers, { asker, nowMs, moreKnownFollows: query.truncated });
    if (this.#asksForUs(query, nowMs)) this.#queries.asked(nowMs);
  }

  /** Another host asked what this one would ask, and knows no more than this one does (RFC 6762, section 7.3). */
  #asksForUs(query: DecodedMessage, nowMs: number): boolean {
    if (query.truncated || !query.questions.some(({ type, name }) => type === 'PTR' && isSameName(name, serviceName)))
      return false;
    const own = new Set(this.#knownAnswers(nowMs).map(pointedPeerId));
    return query.answers.map(pointedPeerId).every((peerId) => own.has(peerId));
  }

  async #answerDirectly(query: DecodedMessage, answers: ServiceRecord[], remote: RemoteInfo): Promise<void> {
    const reply = replyWith(answers, this.#records, this.#context.announcement().peerId);
    // Whether it arrives is the asker's affair.
    await sendDatagram(this.#socket.socket, encodeLegacyResponse(query, reply.answers, reply.additionals), remote);
  }

  #trySend(bytes: Buffer): Promise<unknown> {
    return sendDatagram(this.#socket.socket, bytes, { address: this.#socket.group, port: this.#place.port });
  }

  async #send(bytes: Buffer): Promise<void> {
    const error = await this.#trySend(bytes);
    if (error) this.#fail(error);
  }

  #fail(error: unknown): void {
    if (!this.#disposed) this.#context.failed(this, error);
  }
}
