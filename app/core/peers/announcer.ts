import { withTimeLimit, type Clock, type IDisposable, type Logger } from '../base/index.ts';
import { libraryDeltaReplySchema, protocols, type LibraryDelta } from '../protocol/index.ts';
import { nextAnnouncement, remember } from './announcing.ts';
import type { Session } from './session.ts';

export interface AnnouncerOptions {
  /** Says Hello again over a session's connection; sets what the peer was told. */
  greet: (session: Session) => Promise<unknown>;
  /** The revision of our library now. */
  revision: () => number;
  clock: Clock;
  logger: Logger;
}

const answerLimitMs = 10_000;
/** After a failure, in milliseconds. Whether the peer is still there, liveness judges. */
const retryMs = 2_000;

interface Work {
  isRunning: boolean;
  /** Name, addresses or lane changed: only a whole Hello tells that. */
  needsHello: boolean;
  retry: IDisposable | undefined;
}

/** Keeps every peer informed of our library: one change after another, or the whole where changes do not do. */
export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #work = new WeakMap<Session, Work>();
  #backlog: readonly LibraryDelta[] = [];

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  /** A change of our library that the sessions will be told of. */
  remember(delta: LibraryDelta): void {
    this.#backlog = remember(this.#backlog, delta);
  }

  /** Tells a peer what it does not know yet. Returns at once. */
  update(session: Session, { withHello = false }: { withHello?: boolean } = {}): void {
    const work = this.#work.get(session) ?? { isRunning: false, needsHello: false, retry: undefined };
    this.#work.set(session, work);
    work.needsHello ||= withHello;
    if (!work.isRunning) void this.#run(session, work);
  }

  async #run(session: Session, work: Work): Promise<void> {
    const { clock, logger } = this.#options;
    work.retry?.[Symbol.dispose]();
    work.isRunning = true;
    try {
      while (!session.signal.aborted && (await this.#tellOne(session, work))) continue;
    } catch (error) {
      if (session.signal.aborted) return;
      logger.debug({ peerId: session.peerId, err: error }, 'a peer could not be told of a change');
      work.retry = clock.timeout(() => this.update(session), retryMs, { background: true });
      session.signal.addEventListener('abort', () => work.retry?.[Symbol.dispose](), { once: true });
    } finally {
      work.isRunning = false;
    }
  }

  /** Tells one thing; false when there is nothing to tell. */
  async #tellOne(session: Session, work: Work): Promise<boolean> {
    const { toldRevision } = session;
    const next = nextAnnouncement({ toldRevision, revision: this.#options.revision(), backlog: this.#backlog });
    if (work.needsHello || next.kind === 'whole') {
      work.needsHello = false;
      await this.#options.greet(session);
      return true;
    }
    if (next.kind === 'nothing') return false;
    const limit = {
      limitMs: answerLimitMs,
      what: 'a library change',
      signal: session.signal,
      clock: this.#options.clock,
    };
    const { result } = await withTimeLimit(limit, async (signal) => {
      using stream = await session.openOwn(protocols.library, signal);
      await stream.writeMessage(next.delta);
      await stream.close();
      return await stream.readMessage(libraryDeltaReplySchema, 'reply to a library change');
    });
    if (result === 'ok') session.toldRevision = Math.max(session.toldRevision, next.delta.to);
    else work.needsHello = true;
    return true;
  }
}
