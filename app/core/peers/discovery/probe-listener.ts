import type { RemoteInfo, Socket } from 'node:dgram';
import type { IDisposable } from '../../base/index.ts';
import { sourceFilter, type Link } from './interfaces.ts';
import type { DiscoveryContext } from './multicast-link.ts';
import { decodeMessage, encodeResponse, messagesPerSecond, ownRecords } from './records.ts';
import { answersTo, replyWith } from './responder.ts';
import { RateLimit } from './schedule.ts';
import { closeSocket, openSocket, sendDatagram } from './sockets.ts';
import type { AddressFamily } from './types.ts';

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
      this.#context.received(records, { road: 'broadcast', interfaceName, family, source: remote.address });
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
