import type { Connection } from '@libp2p/interface';
import { LanspreadError } from '../../base/index.ts';
import { goodbyeSchema, libraryDeltaSchema, playingSchema, protocols } from '../../protocol/index.ts';
import type { Greeter } from './greeter.ts';
import type { LibP2pStream } from './peer-stream.ts';
import type { RoomProof } from './room.ts';
import type { PassingOn } from './passing-on.ts';
import { answerPings, pingProtocol } from './ping.ts';
import { applyDelta } from './remote-library.ts';
import type { Session } from './session.ts';
import type { SessionTable } from './session-table.ts';
import type { StreamHost } from './stream-host.ts';

interface AnsweringOptions {
  streams: StreamHost;
  sessions: SessionTable;
  greeter: Greeter;
  passingOn: PassingOn;
  room: RoomProof | undefined;
}

/** Answers the protocols of a session: the room's proof, Hello, library changes, games being played, passed peers, pings, goodbye. */
export class Answering {
  readonly #options: AnsweringOptions;

  constructor(options: AnsweringOptions) {
    this.#options = options;
  }

  async serve(): Promise<void> {
    const { streams, sessions, greeter, passingOn, room } = this.#options;
    if (room) await streams.serve(protocols.room, (stream, connection) => room.answer(stream, connection));
    await streams.serve(protocols.hello, (stream, connection) => greeter.answer(stream, connection));
    await streams.serve(protocols.library, (stream) => this.#answerDelta(stream));
    await streams.serve(protocols.playing, (stream) => this.#answerPlaying(stream));
    await streams.serve(protocols.peers, async (stream) => {
      await passingOn.hear(stream, await this.sessionOf(stream.peerId));
    });
    await streams.serve(protocols.goodbye, (stream, connection) => this.#answerGoodbye(stream, connection));
    await streams.serve(pingProtocol, async (stream) => {
      await answerPings(stream, () => sessions.get(stream.peerId)?.heard());
    });
  }

  /** The session of a peer that speaks to us; its Hello may still be under way on this side. */
  async sessionOf(peerId: string): Promise<Session> {
    if (!this.#options.sessions.get(peerId)) await this.#options.greeter.settled(peerId);
    const session = this.#options.sessions.get(peerId);
    if (!session)
      throw new LanspreadError('NOT_SERVED', { message: 'Nothing is served before Hello.', details: { peerId } });
    return session;
  }

  async #answerDelta(stream: LibP2pStream): Promise<void> {
    const session = await this.sessionOf(stream.peerId);
    const delta = await stream.readMessage(libraryDeltaSchema, 'library change');
    const following = session.hasRoomFor(JSON.stringify(delta).length) ? applyDelta(session.library, delta) : 'resync';
    session.heard();
    if (following !== 'resync') {
      session.library = following;
      this.#options.sessions.changed(session);
    }
    await stream.writeMessage({ result: following === 'resync' ? 'resync' : 'ok' });
  }

  async #answerPlaying(stream: LibP2pStream): Promise<void> {
    const session = await this.sessionOf(stream.peerId);
    session.hearPlaying(await stream.readMessage(playingSchema, 'what is played'));
    session.heard();
    await stream.close();
  }

  async #answerGoodbye(stream: LibP2pStream, connection: Connection): Promise<void> {
    await stream.readMessage(goodbyeSchema, 'goodbye');
    // Before anything is waited for: who has said goodbye may hang up at any moment, and that is no other reason.
    this.#options.sessions.end(stream.peerId, 'goodbye', connection);
    await stream.close();
  }
}
