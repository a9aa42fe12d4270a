import type { Connection } from '@libp2p/interface';
import {
  anySignal,
  type Clock,
  Emitter,
  type GameId,
  LanspreadError,
  rationedLogger,
  systemClock,
  throwIfAborted,
  whenAborted,
} from '../base/index.ts';
import { type LibraryDelta, protocols } from '../protocol/index.ts';
import { endpointOf, parseAddress, peerIdOf } from './connect/addresses.ts';
import { PeerUpdates } from './session/updates.ts';
import { Answering } from './session/answering.ts';
import { Caller } from './session/caller.ts';
import { Greeter } from './session/greeter.ts';
import { HelloBudget } from './session/hello-budget.ts';
import { HandshakeGate } from './connect/handshake-gate.ts';
import { watchLiveness } from './session/liveness.ts';
import { type StartedNode, startNode } from './connect/node.ts';
import type { Peer, PeerNetwork, PeerNetworkOptions, PeerStream, StreamHandler, UnreachablePeer } from './types.ts';
import { OwnPlaying } from './session/playing.ts';
import { PassingOn } from './session/passing-on.ts';
import { OwnSide } from './session/own-side.ts';
import type { LibP2pStream } from './session/peer-stream.ts';
import { Reach } from './connect/reach.ts';
import type { Session } from './session/session.ts';
import { SessionTable } from './session/session-table.ts';
import { RoomProof } from './session/room.ts';
import { StreamHost } from './session/stream-host.ts';

/** The time that `stop` gives its goodbyes and to libp2p, in milliseconds. */
const goodbyeLimitMs = 500;
const closeLimitMs = 400;

/**
 * Starts listening, and in the next turn dialling those it knows. What goes on beside that is its owner's to run:
 * `watchListeners`, `discover`, `watchLiveness`. Errors: `IO_ERROR` when no address can be listened on.
 */
export async function createPeerNetwork(options: PeerNetworkOptions): Promise<PeerNetwork> {
  const { identity, listenHosts, port, useQuic, logger, clock = systemClock } = options;
  await using starting = new AsyncDisposableStack();
  const gate = starting.use(new HandshakeGate({ clock, logger: rationedLogger(logger, clock) }));
  const gater = { denyInboundConnection: gate.refuses.bind(gate) };
  const started = await startNode({ identity, hosts: listenHosts, port, gater, logger, useQuic });
  starting.defer(started.stop);
  const network = starting.use(new LibP2pNetwork({ ...options, clock }, { started, gate }));
  await network.begin();
  starting.move();
  return network;
}

class LibP2pNetwork implements PeerNetwork {
  readonly #options: PeerNetworkOptions & { clock: Clock };
  readonly #started: StartedNode;
  readonly #own: OwnSide;
  readonly #playing: OwnPlaying;
  readonly #gate: HandshakeGate;
  readonly #stack = new DisposableStack();
  readonly #stopping = new AbortController();
  readonly #streams: StreamHost;
  readonly #sessions: SessionTable;
  readonly #greeter: Greeter;
  readonly #budget = new HelloBudget();
  readonly #answering: Answering;
  readonly #passingOn: PassingOn;
  readonly #caller: Caller;
  readonly #updates: PeerUpdates;
  readonly #reach: Reach;
  readonly #connected = new Emitter<Peer>();
  #stopped: Promise<void> | undefined;

  readonly onDidConnect = this.#connected.event;
  readonly onDidDiscover: PeerNetwork['onDidDiscover'];
  readonly onDidLose: PeerNetwork['onDidLose'];
  readonly onDidFindIncompatible: PeerNetwork['onDidFindIncompatible'];
  readonly onDidFindUnreachable: PeerNetwork['onDidFindUnreachable'];
  readonly onDidChange: PeerNetwork['onDidChange'];

  constructor(
    options: PeerNetworkOptions & { clock: Clock },
    { started, gate }: { started: StartedNode; gate: HandshakeGate },
  ) {
    const { clock, logger, host, identity, roomKey, random = Math.random } = options;
    this.#options = options;
    this.#started = started;
    this.#gate = this.#stack.use(gate);
    this.#own = new OwnSide(options, started);
    const { signal } = this.#stopping;
    const streams = new StreamHost({ node: started.node, clock, logger: rationedLogger(logger, clock), signal });
    this.#streams = streams;
    this.#sessions = this.#stack.use(
      new SessionTable({ ownPeerId: identity.peerId, streams, clock, isKnownGame: host.isKnownGame }),
    );
    const room = roomKey && new RoomProof({ key: roomKey, ownPeerId: identity.peerId, streams });
    this.#greeter = new Greeter({
      streams,
      room,
      clock,
      ownHello: () => this.#own.hello(),
      countHello: (peerId) => this.#budget.countHello(peerId, clock.monotonicMs()),
      assertRoomFor: (connection, bytes) => this.#budget.assertRoomFor(...shareOf(connection, bytes)),
      trustLane: host.trustLane,
      onGreeted: (connection, greeting, told) => {
        throwIfAborted(signal);
        const share = shareOf(connection, greeting.bytes);
        this.#budget.assertRoomFor(...share);
        gate.settled(connection);
        this.#budget.take(...share);
        this.#sessions.greeted(connection, greeting, told);
      },
      onIncompatible: (peerId, protocol) => this.#reach.foundIncompatible(peerId, protocol),
      onFailed: (peerId) => this.#distrust(peerId),
    });
    this.#passingOn = this.#stack.use(
      new PassingOn({
        ownPeerId: identity.peerId,
        sessions: () => this.#sessions.all(),
        isDiscovered: (peerId) => this.#reach.isDiscovered(peerId),
        onTold: (peerId, addresses) => this.#reach.addTold(peerId, addresses),
        clock,
        logger,
      }),
    );
    const parts = { streams, sessions: this.#sessions, greeter: this.#greeter, passingOn: this.#passingOn, room };
    this.#answering = new Answering(parts);
    this.#caller = new Caller({
      started,
      ownPeerId: identity.peerId,
      listenHosts: options.listenHosts,
      greeter: this.#greeter,
      clock,
    });
    this.#updates = new PeerUpdates({
      greet: (session) => this.#greeter.greet(session.connection(), { signal: session.signal }),
      revision: () => host.library().revision,
      playing: () => this.#own.playing,
      clock,
      logger,
    });
    this.#playing = this.#stack.use(
      new OwnPlaying({
        clock,
        tell: (playing) => {
          this.#own.playing = playing;
          this.#updateAll();
        },
      }),
    );
    this.#reach = this.#stack.use(
      new Reach({
        ownPeerId: identity.peerId,
        hasQuic: started.transports.includes('quic'),
        connect: ({ addresses }, dialling) => this.#caller.call(addresses, dialling),
        isConnected: (peerId) => this.#sessions.get(peerId) !== undefined,
        clock,
        random,
        logger,
      }),
    );
    this.onDidDiscover = this.#reach.onDidDiscover;
    this.onDidFindIncompatible = this.#reach.onDidFindIncompatible;
    this.onDidFindUnreachable = this.#reach.onDidFindUnreachable;
    this.onDidLose = this.#sessions.onDidLose;
    this.onDidChange = this.#sessions.onDidChange;
  }

  get peerId(): string {
    return this.#options.identity.peerId;
  }

  get name(): string {
    return this.#own.name;
  }

  get transports(): readonly string[] {
    return this.#started.transports;
  }

  async begin(): Promise<void> {
    const { node } = this.#started;
    node.addEventListener('connection:open', ({ detail }) => this.#gate.opened(detail));
    node.addEventListener('connection:close', ({ detail }) => this.#sessions.closed(detail));
    this.#stack.use(this.#sessions.onDidOpen((session) => this.#onOpened(session)));
    this.#stack.use(this.#sessions.onDidLose(({ peerId, reason }) => this.#onLost(peerId, reason)));
    await this.#answering.serve();
    // In the next turn, when the network's owner listens to its events.
    this.#stack.use(this.#options.clock.timeout(() => this.#reachOut(), 0));
  }

  #reachOut(): void {
    const { staticPeers, knownPeers, discovery } = this.#options;
    this.setStaticPeers(staticPeers);
    this.#reach.addKnown(knownPeers.all(), { isDiscovering: discovery !== undefined });
  }

  watchListeners(signal: AbortSignal): Promise<void> {
    return this.#started.watchListeners(signal);
  }

  async discover(signal: AbortSignal): Promise<void> {
    const { discovery } = this.#options;
    const ending = anySignal(signal, this.#stopping.signal);
    if (!discovery) return await whenAborted(ending);
    const found = discovery(this.#own.announcement());
    await this.#reach.discover(found, { onInterfacesChanged: () => this.#tellAllAnew(), signal: ending });
  }

  watchLiveness(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const ending = anySignal(signal, this.#stopping.signal);
    return watchLiveness({ sessions: () => this.#sessions.all(), clock, signal: ending });
  }

  addresses(): readonly string[] {
    return this.#own.addresses();
  }

  peers(): readonly Peer[] {
    return this.#sessions.all().map((session) => session.view());
  }

  unreachable(): readonly UnreachablePeer[] {
    return this.#reach.unreachable();
  }

  get(peerId: string): Peer | undefined {
    return this.#sessions.get(peerId)?.view();
  }

  async connect(address: string, { signal }: { signal?: AbortSignal } = {}): Promise<string> {
    const target = parseAddress(address);
    const known = peerIdOf(target);
    if (known !== undefined && this.#sessions.get(known)) return known;
    return await this.#caller.call([target], { signal: anySignal(signal, this.#stopping.signal) });
  }

  handle(protocol: string, handler: StreamHandler): Disposable {
    const serve = async (stream: LibP2pStream): Promise<void> => {
      const { peerId } = stream;
      const session = await this.#answering.sessionOf(peerId);
      session.heard();
      await handler(stream, { peerId, signal: session.signal });
    };
    const { logger } = this.#options;
    const report = (error: unknown): void => logger.error({ protocol, err: error }, 'a protocol cannot be served');
    const serving = this.#streams.serve(protocol, serve).catch(report);
    return { [Symbol.dispose]: () => void serving.then(() => this.#streams.unserve(protocol)).catch(report) };
  }

  async open(peerId: string, protocol: string, { signal }: { signal?: AbortSignal } = {}): Promise<PeerStream> {
    const session = this.#sessions.get(peerId);
    if (!session) throw new LanspreadError('PEER_GONE', { details: { peerId } });
    return await session.open(protocol, signal);
  }

  markAlive(peerId: string): void {
    this.#sessions.get(peerId)?.heard();
  }

  publish(delta: LibraryDelta): void {
    this.#updates.remember(delta);
    this.#updateAll();
  }

  setName(name: string): void {
    this.#own.name = name;
    this.#reach.rename(this.#own.announcedName);
    this.#tellAllAnew();
  }

  setPlaying(games: readonly GameId[]): void {
    this.#playing.set(games);
  }

  setStaticPeers(texts: readonly string[]): void {
    this.#reach.setStatic(texts);
  }

  recheckGames(): void {
    for (const session of this.#sessions.all()) {
      session.refilter();
      this.#sessions.changed(session);
    }
  }

  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #updateAll(): void {
    for (const session of this.#sessions.all()) this.#updates.update(session);
  }

  /** Something that only a Hello tells has changed. */
  #tellAllAnew(): void {
    for (const session of this.#sessions.all()) this.#updates.update(session, { withHello: true });
  }

  #onOpened(session: Session): void {
    this.#remember(session);
    this.#reach.reached(session.peerId);
    this.#connected.fire(session.view());
    // Our library may have moved on while Hello was under way.
    this.#updates.update(session);
    this.#passingOn.changed();
  }

  /** For the next start. A peer that could not be remembered is a peer all the same. */
  #remember(session: Session): void {
    const { knownPeers, clock, logger } = this.#options;
    const { peerId, name, addresses } = session.view();
    try {
      knownPeers.put({ peerId, name, addresses, lastSeenAt: clock.now() });
    } catch (error) {
      logger.warn({ peerId, err: error }, 'a peer could not be remembered');
    }
  }

  #onLost(peerId: string, reason: 'goodbye' | 'timeout' | 'closed'): void {
    if (!this.#sessions.get(peerId)) this.#budget.giveBack(peerId);
    this.#distrust(peerId);
    this.#reach.lost(peerId, reason);
  }

  /** The byte lane forgets a peer that has no session and is not about to get one. */
  #distrust(peerId: string): void {
    if (this.#sessions.get(peerId) || this.#greeter.isGreeting(peerId) || this.#stopping.signal.aborted) return;
    this.#options.host.trustLane(peerId, undefined).catch((error: unknown) => {
      this.#options.logger.warn({ peerId, err: error }, 'the byte lane could not forget a peer');
    });
  }

  async #stop(): Promise<void> {
    const { clock } = this.#options;
    // Before the goodbyes: who hears one hangs up, and must not be called again.
    const left = this.#reach.stop();
    const goodbyes = this.#sessions.all().map((session) => sayGoodbye(session));
    await within({ clock, limitMs: goodbyeLimitMs }, [left, ...goodbyes]);
    this.#stopping.abort(new LanspreadError('SHUTTING_DOWN'));
    this.#stack.dispose();
    this.#connected[Symbol.dispose]();
    await within({ clock, limitMs: closeLimitMs }, [this.#started.stop()]);
  }
}

/** What a session over this connection takes of the budget. */
function shareOf(connection: Connection, bytes: number): [peerId: string, share: { host: string; bytes: number }] {
  const host = endpointOf(connection.remoteAddr)?.host ?? '';
  return [connection.remotePeer.toString(), { host, bytes }];
}

/** Tells a peer that this node goes. Resolves when the peer has heard it. */
async function sayGoodbye(session: Session): Promise<void> {
  using stream = await session.openOwn(protocols.goodbye, session.signal);
  await stream.writeMessage({});
  await stream.close();
  // The other side ends its half when it has read the goodbye.
  await stream.readSome(1);
}

/** Waits for all, however they end, but no longer than the limit. */
async function within(
  { clock, limitMs }: { clock: Clock; limitMs: number },
  work: readonly Promise<unknown>[],
): Promise<void> {
  const { promise: timeIsUp, resolve } = Promise.withResolvers<void>();
  using _limit = clock.timeout(resolve, limitMs);
  await Promise.race([Promise.allSettled(work), timeIsUp]);
}
