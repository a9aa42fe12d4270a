import type { Connection } from '@libp2p/interface';
import { Emitter, type Clock, type IDisposable } from '../../base/index.ts';
import { pingProtocol } from './ping.ts';
import { decide, type SessionDecision, type SessionEvent, type SessionState } from './session-state.ts';
import { Session, type Greeting, type Told } from './session.ts';
import type { StreamHost } from './stream-host.ts';
import type { LostReason, Peer } from '../types.ts';

interface SessionTableOptions {
  ownPeerId: string;
  streams: StreamHost;
  clock: Clock;
  isKnownGame: (id: string) => boolean;
}

/** How long two connections of one session live side by side, in milliseconds. */
const tidyAfterMs = 2_000;

interface Entry {
  readonly session: Session;
  state: SessionState;
  tidying: IDisposable | undefined;
}

/** Every peer that said Hello, keyed by its proven id; what `decide` decides is done here. */
export class SessionTable implements IDisposable {
  readonly #options: SessionTableOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #connections = new Map<string, Connection>();
  readonly #opened = new Emitter<Session>();
  readonly #lost = new Emitter<{ peerId: string; name: string; reason: LostReason }>();
  readonly #changed = new Emitter<Peer>();
  readonly onDidOpen = this.#opened.event;
  readonly onDidLose = this.#lost.event;
  readonly onDidChange = this.#changed.event;

  constructor(options: SessionTableOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(peerId: string): Session | undefined {
    return this.#entries.get(peerId)?.session;
  }

  all(): Session[] {
    return Array.from(this.#entries.values(), ({ session }) => session);
  }

  /** A Hello was exchanged over this connection. */
  greeted(connection: Connection, greeting: Greeting, told: Told): void {
    const peerId = connection.remotePeer.toString();
    this.#connections.set(connection.id, connection);
    const entry = this.#entries.get(peerId);
    const event = { kind: 'greeted', link: connection.id, instance: greeting.hello.instance } as const;
    const decision = decide(entry?.state ?? { kind: 'absent' }, event);
    if (decision.opened || !entry) {
      const session = this.#begin(connection, { greeting, told, decision });
      // The old session's end is told when the new one already stands in its place.
      if (entry && decision.lost) this.#tellLost(entry, decision.lost);
      this.#opened.fire(session);
    } else {
      entry.state = decision.state;
      entry.session.wasTold(told);
      entry.session.carry(linksOf(decision.state), connection);
      entry.session.renew(greeting);
      this.#tidySoon(peerId, entry);
      this.#changed.fire(entry.session.view());
    }
    this.#close(decision.closes, 'replaced');
  }

  closed(connection: Connection): void {
    if (!this.#connections.delete(connection.id)) return;
    this.#apply(connection.remotePeer.toString(), { kind: 'link-closed', link: connection.id });
  }

  /** Ends a peer's session; with a connection given, only one that runs over it. */
  end(peerId: string, reason: LostReason, connection?: Connection): void {
    const entry = this.#entries.get(peerId);
    if (connection && entry && !linksOf(entry.state).includes(connection.id)) return;
    this.#apply(peerId, { kind: 'ended', reason });
  }

  /** What a session shows has changed. */
  changed(session: Session): void {
    this.#changed.fire(session.view());
  }

  /** Ends every session without a word to anybody. */
  [Symbol.dispose](): void {
    for (const emitter of [this.#opened, this.#lost, this.#changed]) emitter[Symbol.dispose]();
    for (const { session, tidying } of this.#entries.values()) {
      tidying?.[Symbol.dispose]();
      session[Symbol.dispose]();
    }
    this.#entries.clear();
    this.#connections.clear();
  }

  #begin(
    connection: Connection,
    { greeting, told, decision }: { greeting: Greeting; told: Told; decision: SessionDecision },
  ): Session {
    const peerId = connection.remotePeer.toString();
    const { ownPeerId, streams, clock, isKnownGame } = this.#options;
    const onSilent = (): void => this.end(peerId, 'timeout');
    const onPlaying = (): void => this.changed(session);
    const session: Session = new Session(greeting, {
      ownPeerId,
      peerId,
      streams,
      clock,
      isKnownGame,
      onSilent,
      onPlaying,
    });
    session.wasTold(told);
    session.carry(linksOf(decision.state), connection);
    this.#entries.set(peerId, { session, state: decision.state, tidying: undefined });
    return session;
  }

  #apply(peerId: string, event: SessionEvent): void {
    const entry = this.#entries.get(peerId);
    if (!entry) return;
    const decision = decide(entry.state, event);
    entry.state = decision.state;
    entry.session.carry(linksOf(decision.state), undefined);
    if (decision.lost) {
      this.#entries.delete(peerId);
      this.#tellLost(entry, decision.lost);
    }
    this.#close(decision.closes, event.kind);
  }

  #tellLost({ session, tidying }: Entry, reason: LostReason): void {
    tidying?.[Symbol.dispose]();
    session[Symbol.dispose]();
    this.#lost.fire({ peerId: session.peerId, name: session.name, reason });
  }

  #tidySoon(peerId: string, entry: Entry): void {
    if (linksOf(entry.state).length < 2) return;
    entry.tidying?.[Symbol.dispose]();
    const tidy = (): void => {
      const older = linksOf(entry.state).slice(0, -1);
      // What runs over an older connection is not torn; it is looked at again later.
      if (older.some((link) => this.#isInUse(link))) this.#tidySoon(peerId, entry);
      else this.#apply(peerId, { kind: 'tidy', isOwnIdLower: this.#options.ownPeerId < peerId });
    };
    entry.tidying = this.#options.clock.timeout(tidy, tidyAfterMs, { background: true });
  }

  #isInUse(link: string): boolean {
    return this.#connections.get(link)?.streams.some(({ protocol }) => protocol !== pingProtocol) ?? false;
  }

  #close(links: readonly string[], why: string): void {
    for (const link of links) {
      const connection = this.#connections.get(link);
      this.#connections.delete(link);
      connection?.abort(new Error(why));
    }
  }
}

function linksOf(state: SessionState): readonly string[] {
  return state.kind === 'open' ? state.links : [];
}
