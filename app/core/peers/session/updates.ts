import { type Clock, type IDisposable, type Logger, withTimeLimit } from '../../base/index.ts';
import {
  type LibraryDelta,
  libraryDeltaReplySchema,
  type Playing,
  playingFeature,
  protocols,
} from '../../protocol/index.ts';
import type { Session } from './session.ts';

interface PeerUpdatesOptions {
  /** Says Hello again over a session's connection; sets what the peer was told. */
  greet: (session: Session) => Promise<unknown>;
  /** The revision of our library now. */
  revision: () => number;
  /** The games being played here; undefined when they were never told. */
  playing: () => Playing | undefined;
  clock: Clock;
  logger: Logger;
}

const answerLimitMs = 10_000;
/** After a failure, in milliseconds. Whether the peer is still there, liveness judges. */
const retryMs = 2_000;

interface Work {
  isRunning: boolean;
  /** Something may have changed since it was last looked at what there is to tell. */
  isAsked: boolean;
  /** Name, addresses or lane changed: only a whole Hello tells that. */
  needsHello: boolean;
  retry: IDisposable | undefined;
}

/** Tells every peer our library changes, one by one or as a whole Hello, and the games being played here. */
export class PeerUpdates {
  readonly #options: PeerUpdatesOptions;
  readonly #work = new WeakMap<Session, Work>();
  #backlog: readonly LibraryDelta[] = [];

  constructor(options: PeerUpdatesOptions) {
    this.#options = options;
  }

  /** A change of our library that the sessions will be told of. */
  remember(delta: LibraryDelta): void {
    this.#backlog = remember(this.#backlog, delta);
  }

  /** Tells a peer what it does not know yet. Returns at once. */
  update(session: Session, { withHello = false }: { withHello?: boolean } = {}): void {
    const work = this.#work.get(session) ?? { isRunning: false, isAsked: false, needsHello: false, retry: undefined };
    this.#work.set(session, work);
    work.needsHello ||= withHello;
    work.isAsked = true;
    if (!work.isRunning) void this.#run(session, work);
  }

  async #run(session: Session, work: Work): Promise<void> {
    const { clock, logger } = this.#options;
    work.retry?.[Symbol.dispose]();
    work.isRunning = true;
    try {
      while (!session.signal.aborted && work.isAsked) {
        work.isAsked = false;
        if (await this.#tellOne(session, work)) work.isAsked = true;
      }
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
    const next = nextAnnouncement({
      toldRevision: session.told.library,
      revision: this.#options.revision(),
      backlog: this.#backlog,
    });
    if (work.needsHello || next.kind === 'whole') {
      work.needsHello = false;
      await this.#options.greet(session);
      return true;
    }
    if (next.kind === 'nothing') return await this.#tellPlaying(session);
    const { result } = await withTimeLimit(this.#limit(session, 'a library change'), async (signal) => {
      using stream = await session.openOwn(protocols.library, signal);
      await stream.writeMessage(next.delta);
      await stream.close();
      return await stream.readMessage(libraryDeltaReplySchema, 'reply to a library change');
    });
    if (result === 'ok') session.wasTold({ library: next.delta.to });
    else work.needsHello = true;
    return true;
  }

  /** False when there is nothing to tell. */
  async #tellPlaying(session: Session): Promise<boolean> {
    const playing = this.#options.playing();
    if (!playing || playing.revision <= session.told.playing || !session.hasFeature(playingFeature)) return false;
    await withTimeLimit(this.#limit(session, 'telling what is played'), async (signal) => {
      using stream = await session.openOwn(protocols.playing, signal);
      await stream.writeMessage(playing);
      await stream.close();
      // The other side ends its half when it has read it.
      await stream.readSome(1);
    });
    session.wasTold({ playing: playing.revision });
    return true;
  }

  #limit({ signal }: Session, what: string) {
    return { limitMs: answerLimitMs, what, signal, clock: this.#options.clock };
  }
}

/** How many changes are remembered; who is further behind gets the whole again. */
export const backlogLength = 64;

/** The backlog with one more change. Changes that do not follow each other start it afresh. */
export function remember(backlog: readonly LibraryDelta[], delta: LibraryDelta): readonly LibraryDelta[] {
  const last = backlog.at(-1);
  if (last && last.to !== delta.from) return [delta];
  return [...backlog, delta].slice(-backlogLength);
}

type Announcement = { kind: 'nothing' } | { kind: 'delta'; delta: LibraryDelta } | { kind: 'whole' };

/** What to tell a peer next that was told `toldRevision` last, now that ours is `revision`. */
export function nextAnnouncement({
  toldRevision,
  revision,
  backlog,
}: {
  toldRevision: number;
  revision: number;
  backlog: readonly LibraryDelta[];
}): Announcement {
  if (toldRevision >= revision) return { kind: 'nothing' };
  const delta = backlog.find(({ from }) => from === toldRevision);
  return delta ? { kind: 'delta', delta } : { kind: 'whole' };
}
