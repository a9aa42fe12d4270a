import type { Connection } from '@libp2p/interface';
import { LanspreadError, type Clock } from '../../base/index.ts';
import {
  decodeFrameBody,
  helloSchema,
  helloVersionSchema,
  PROTOCOL_VERSION,
  protocols,
  type Hello,
  type LaneOffer,
} from '../../protocol/index.ts';
import { addressesOfPeer } from '../connect/addresses.ts';
import type { LibP2pStream } from './peer-stream.ts';
import { libraryOf, type RemoteLibrary } from './remote-library.ts';
import { closed, type RoomProof } from './room.ts';
import { resolveLane, type Greeting, type Told } from './session.ts';
import type { StreamHost } from './stream-host.ts';

interface GreeterOptions {
  streams: StreamHost;
  clock: Clock;
  ownHello: () => Hello;
  /** Of a closed room: a peer that does not prove its key is told nothing. */
  room: RoomProof | undefined;
  /** Throws `TOO_MANY_REQUESTS` when a peer says Hello again and again. */
  countHello: (peerId: string) => void;
  /** Throws `TOO_MANY_REQUESTS` when there is no room for one more peer, or for so large a Hello. */
  assertRoomFor: (connection: Connection, helloBytes: number) => void;
  trustLane: (peerId: string, lane: LaneOffer | undefined) => Promise<void>;
  /** Both sides know each other: the connection belongs to a session from now on. */
  onGreeted: (connection: Connection, greeting: Greeting, told: Told) => void;
  onIncompatible: (peerId: string, protocol: number) => void;
  /** A Hello came to nothing, and no other one with that peer is under way. */
  onFailed: (peerId: string) => void;
}

/** What was read and checked. */
interface Heard {
  readonly hello: Omit<Hello, 'library'>;
  readonly library: RemoteLibrary;
  readonly bytes: number;
}

/** A peer that has not begun to answer by then does not, in milliseconds. */
const answerLimitMs = 5_000;
/** The largest Hello over a slow wireless link, in milliseconds. */
const frameLimitMs = 10_000;

/** Hello from both sides: who are you, what do you have, where is your byte lane. */
export class Greeter {
  readonly #options: GreeterOptions;
  /** Hellos under way, by peer id. */
  readonly #underway = new Map<string, Set<Promise<unknown>>>();

  constructor(options: GreeterOptions) {
    this.#options = options;
  }

  /**
   * The side that speaks first. Returns the peer id. Errors: `INCOMPATIBLE_PEER`, `ROOM_CLOSED`, `BAD_MESSAGE`,
   * `PEER_TIMEOUT`, `PEER_GONE`.
   */
  async greet(connection: Connection, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<string> {
    const peerId = connection.remotePeer.toString();
    return await this.#track(peerId, async () => {
      await this.#options.room?.prove(connection, { signal });
      using stream = await this.#options.streams.open(connection, protocols.hello, { signal });
      const own = this.#options.ownHello();
      await stream.writeMessage(own);
      const heard = await this.#read(stream, connection);
      await this.#options.trustLane(peerId, resolveLane(heard.hello.lane, connection));
      await stream.close();
      this.#finish(connection, heard, own);
      return peerId;
    });
  }

  /** The side that is spoken to. */
  async answer(stream: LibP2pStream, connection: Connection): Promise<void> {
    const peerId = connection.remotePeer.toString();
    this.#options.countHello(peerId);
    await this.#track(peerId, async () => {
      const { room } = this.#options;
      if (room && !room.isProven(connection)) {
        // Its Hello is not read. The answer lets it tell its owner why there is no session.
        await stream.readFrame({ startLimitMs: answerLimitMs, frameLimitMs });
        await stream.writeMessage({ protocol: PROTOCOL_VERSION, closedRoom: true });
        await stream.close();
        return;
      }
      let heard: Heard;
      try {
        heard = await this.#read(stream, connection);
      } catch (error) {
        // The other side learns our version; it could not read more than that.
        if (error instanceof LanspreadError && error.code === 'INCOMPATIBLE_PEER') {
          await stream.writeMessage({ protocol: PROTOCOL_VERSION });
          await stream.close();
        }
        throw error;
      }
      // Before the answer: the peer may open its byte lane as soon as it has it.
      await this.#options.trustLane(peerId, resolveLane(heard.hello.lane, connection));
      const own = this.#options.ownHello();
      await stream.writeMessage(own);
      await stream.close();
      this.#finish(connection, heard, own);
    });
  }

  isGreeting(peerId: string): boolean {
    return this.#underway.has(peerId);
  }

  /** Resolves when no Hello with this peer is under way. */
  async settled(peerId: string): Promise<void> {
    await Promise.allSettled(this.#underway.get(peerId) ?? []);
  }

  #finish(connection: Connection, { hello, library, bytes }: Heard, own: Hello): void {
    const peerId = connection.remotePeer.toString();
    if (connection.status !== 'open') throw new LanspreadError('PEER_GONE', { details: { peerId } });
    const lane = resolveLane(hello.lane, connection);
    const told = { library: own.library.revision, playing: own.playing?.revision ?? 0 };
    this.#options.onGreeted(connection, { hello, library, lane, bytes }, told);
  }

  /** The version is looked at before anything else: another version's Hello need not fit our schema. */
  async #read(stream: LibP2pStream, connection: Connection): Promise<Heard> {
    const { peerId } = stream;
    const body = await stream.readFrame({ startLimitMs: answerLimitMs, frameLimitMs });
    this.#options.assertRoomFor(connection, body.length);
    const { protocol, closedRoom } = decodeFrameBody(helloVersionSchema, body, 'Hello');
    if (closedRoom) throw closed(peerId);
    if (protocol === PROTOCOL_VERSION) {
      const { library, ...hello } = decodeFrameBody(helloSchema, body, 'Hello');
      const addresses = addressesOfPeer(peerId, hello.addresses);
      return { hello: { ...hello, addresses }, library: libraryOf(library), bytes: body.length };
    }
    this.#options.onIncompatible(peerId, protocol);
    throw new LanspreadError('INCOMPATIBLE_PEER', {
      message: `The other PC uses protocol version ${protocol}, this one uses ${PROTOCOL_VERSION}.`,
      details: { peerId, protocol },
    });
  }

  async #track<T>(peerId: string, work: () => Promise<T>): Promise<T> {
    const underway = this.#underway.get(peerId) ?? new Set();
    this.#underway.set(peerId, underway);
    const running = work();
    underway.add(running);
    let isDone = false;
    try {
      const result = await running;
      isDone = true;
      return result;
    } finally {
      underway.delete(running);
      if (underway.size === 0) this.#underway.delete(peerId);
      if (!isDone && underway.size === 0) this.#options.onFailed(peerId);
    }
  }
}
