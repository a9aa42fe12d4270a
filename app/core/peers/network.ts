import type { Connection, Stream } from '@libp2p/interface';
import { isLoopback } from './loopback.ts';
import {
  Emitter,
  LanspreadError,
  systemClock,
  toLanspreadError,
  withTimeLimit,
  type Clock,
  type Logger,
} from '../base/index.ts';
import {
  helloSchema,
  helloVersionSchema,
  libraryDeltaReplySchema,
  libraryDeltaSchema,
  goodbyeSchema,
  limits,
  PROTOCOL_VERSION,
  protocols,
  decodeFrameBody,
  decodeFrameLength,
  prefixBytes,
  type Hello,
  type LibraryDelta,
} from '../protocol/index.ts';
import type { PeerRepository } from '../state/index.ts';
import { dialAddresses, endpointOf, parseAddress, peerIdOf, reachableHosts } from './addresses.ts';
import { firstDialDelayMs } from './backoff.ts';
import { Dialler, type DialTarget } from './dialler.ts';
import type { Announcement, DiscoveredPeer, Discovery } from './discovery/types.ts';
import type { Identity } from './identity.ts';
import { watchLiveness, goneAfterMs, pingAfterMs } from './liveness.ts';
import { dialLimitMs, startNode, type StartedNode } from './node.ts';
import { LibP2pStream } from './peer-stream.ts';
import { applyDelta, libraryOf, peerOf, resolveLane, type Session } from './session.ts';
import type { LostReason, Peer, PeerNetwork, PeerNetworkHost, PeerStream, StreamHandler } from './types.ts';

export interface PeerNetworkOptions {
  identity: Identity;
  name: string;
  /** IP addresses to listen on. */
  listenHosts: readonly string[];
  /** Makes the discovery once the ports are known; none: only addresses given. */
  discovery?: (announcement: Announcement) => Discovery;
  /** Multiaddrs that are dialled again and again. */
  staticPeers: readonly string[];
  knownPeers: PeerRepository;
  host: PeerNetworkHost;
  clock?: Clock;
  logger: Logger;
  random?: () => number;
  /** Default: where the platform has it. */
  useQuic?: boolean;
}

const helloLimitMs = 5_000;
const goodbyeLimitMs = 800;
/** A known peer of the database is tried this often, then only when it shows up. */
const knownPeerAttempts = 1;

/** Starts listening, dialling and discovering. Errors: `IO_ERROR` when no address can be listened on. */
export async function createPeerNetwork(options: PeerNetworkOptions): Promise<PeerNetwork> {
  const { identity, listenHosts, useQuic, logger } = options;
  const started = await startNode({ identity, hosts: listenHosts, logger, ...(useQuic !== undefined && { useQuic }) });
  const network = new LibP2pNetwork(options, started);
  await network.begin();
  return network;
}

class LibP2pNetwork implements PeerNetwork {
  readonly #options: PeerNetworkOptions;
  readonly #node: StartedNode['node'];
  readonly #started: StartedNode;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #sessions = new Map<string, Session>();
  readonly #incompatible = new Set<string>();
  readonly #stack = new DisposableStack();
  readonly #stopping = new AbortController();
  readonly #dialler: Dialler;
  readonly #discovered = new Emitter<{ peerId: string; name: string; addresses: readonly string[] }>();
  readonly #connected = new Emitter<Peer>();
  readonly #lost = new Emitter<{ peerId: string; name: string; reason: LostReason }>();
  readonly #incompatibleFound = new Emitter<{ peerId: string; name: string; reason: string }>();
  readonly #changed = new Emitter<Peer>();
  #discovery: Discovery | undefined;
  #name: string;
  #stopped: Promise<void> | undefined;

  readonly onDidDiscover = this.#discovered.event;
  readonly onDidConnect = this.#connected.event;
  readonly onDidLose = this.#lost.event;
  readonly onDidFindIncompatible = this.#incompatibleFound.event;
  readonly onDidChange = this.#changed.event;

  constructor(options: PeerNetworkOptions, started: StartedNode) {
    this.#options = options;
    this.#started = started;
    this.#node = started.node;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger;
    this.#name = options.name;
    this.#dialler = this.#stack.use(
      new Dialler({
        connect: async (target, signal) => void (await this.#dial(target.addresses, signal)),
        isConnected: ({ peerId }) => peerId !== undefined && this.#sessions.has(peerId),
        onFailed: (target, failures) => this.#onDialFailed(target, failures),
        clock: this.#clock,
        random: options.random ?? Math.random,
        logger: options.logger,
      }),
    );
  }

  get peerId(): string {
    return this.#options.identity.peerId;
  }

  get transports(): readonly string[] {
    return this.#started.transports;
  }

  async begin(): Promise<void> {
    const { host, discovery, staticPeers, knownPeers } = this.#options;
    void host;
    this.#node.addEventListener('connection:close', ({ detail }) => this.#onConnectionClosed(detail));
    await this.#serve(protocols.hello, (stream, connection) => this.#answerHello(stream, connection));
    await this.#serve(protocols.library, (stream, connection) => this.#answerDelta(stream, connection));
    await this.#serve(protocols.goodbye, async (stream, connection) => {
      await stream.readMessage(goodbyeSchema, 'goodbye');
      this.#lose(connection.remotePeer.toString(), 'goodbye');
    });
    this.#stack.use(
      watchLiveness<Session>({
        sessions: () => this.#sessions.values(),
        heardAtMs: ({ heardAtMs }) => heardAtMs,
        isPinging: ({ isPinging }) => isPinging,
        ping: (session) => void this.#ping(session),
        gone: ({ peerId }) => this.#lose(peerId, 'timeout'),
        clock: this.#clock,
      }),
    );
    for (const text of staticPeers) this.#addStatic(text);
    for (const { peerId, addresses } of knownPeers.all()) this.#addKnown(peerId, addresses);
    if (discovery) await this.#startDiscovery(discovery);
  }

  addresses(): readonly string[] {
    const { port, transports } = this.#started;
    const hosts = this.#options.listenHosts.flatMap((host) => (host === '0.0.0.0' ? reachableHosts() : [host]));
    return hosts.flatMap((host) => {
      const ip = host.includes(':') ? `/ip6/${host}` : `/ip4/${host}`;
      return transports.map(
        (transport) => `${ip}/${transport === 'quic' ? `udp/${port}/quic-v1` : `tcp/${port}`}/p2p/${this.peerId}`,
      );
    });
  }

  peers(): readonly Peer[] {
    return Array.from(this.#sessions.values(), (session) => this.#view(session));
  }

  get(peerId: string): Peer | undefined {
    const session = this.#sessions.get(peerId);
    return session && this.#view(session);
  }

  async connect(address: string, { signal }: { signal?: AbortSignal } = {}): Promise<string> {
    const target = parseAddress(address);
    if (this.#isSelf(target)) throw new LanspreadError('SELF_CONNECT', { details: { address } });
    const known = peerIdOf(target);
    if (known && this.#sessions.has(known)) return known;
    return await this.#dial([target], signal ?? this.#stopping.signal);
  }

  handle(protocol: string, handler: StreamHandler): Disposable {
    const serve = async (stream: LibP2pStream, connection: Connection): Promise<void> => {
      const peerId = connection.remotePeer.toString();
      if (!this.#sessions.has(peerId)) throw new LanspreadError('NOT_SERVED', { message: 'No Hello, no service.' });
      this.markAlive(peerId);
      await handler(stream, { peerId, signal: this.#stopping.signal });
    };
    const registered = this.#serve(protocol, serve).catch((error: unknown) => {
      this.#logger.error({ protocol, err: error }, 'a protocol cannot be served');
    });
    return {
      [Symbol.dispose]: () => void registered.then(() => this.#node.unhandle(protocol)).catch(() => undefined),
    };
  }

  async open(peerId: string, protocol: string, { signal }: { signal?: AbortSignal } = {}): Promise<PeerStream> {
    const session = this.#sessions.get(peerId);
    if (!session) throw new LanspreadError('PEER_GONE', { details: { peerId } });
    return await this.#openOn(session.connection, protocol, signal);
  }

  markAlive(peerId: string): void {
    const session = this.#sessions.get(peerId);
    if (session) session.heardAtMs = this.#clock.monotonicMs();
  }

  publish(delta: LibraryDelta): void {
    for (const session of this.#sessions.values()) this.#post(session, () => this.#sendDelta(session, delta));
  }

  setName(name: string): void {
    this.#name = name;
    this.#discovery?.update({ name });
    for (const session of this.#sessions.values()) this.#post(session, () => this.#sayHello(session.connection));
  }

  recheckGames(): void {
    for (const session of this.#sessions.values()) this.#changed.fire(this.#view(session));
  }

  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  // --- Hello -------------------------------------------------------------------------------------------------------

  #ownHello(): Hello {
    const { host } = this.#options;
    const lane = host.lane();
    return {
      protocol: PROTOCOL_VERSION,
      name: this.#name,
      addresses: [...this.addresses()],
      ...(lane && { lane }),
      features: [],
      library: host.library(),
    };
  }

  /** The dialler's half. Returns the peer id. */
  async #sayHello(connection: Connection): Promise<string> {
    const peerId = connection.remotePeer.toString();
    const limit = { limitMs: helloLimitMs, what: 'Hello', signal: this.#stopping.signal };
    return await withTimeLimit(limit, async (signal) => {
      using stream = await this.#openOn(connection, protocols.hello, signal);
      const own = this.#ownHello();
      await stream.writeMessage(own);
      const hello = await this.#readHello(stream, peerId);
      await stream.close();
      await this.#open(connection, { hello, toldRevision: own.library.revision });
      return peerId;
    });
  }

  /** The listener's half. */
  async #answerHello(stream: LibP2pStream, connection: Connection): Promise<void> {
    const peerId = connection.remotePeer.toString();
    const limit = { limitMs: helloLimitMs, what: 'Hello', signal: this.#stopping.signal };
    await withTimeLimit(limit, async () => {
      let hello: Hello;
      try {
        hello = await this.#readHello(stream, peerId);
      } catch (error) {
        // The other side shall learn the version too.
        if (error instanceof LanspreadError && error.code === 'INCOMPATIBLE_PEER')
          await stream.writeMessage(this.#ownHello());
        throw error;
      }
      if (!this.#sessions.has(peerId) && this.#sessions.size >= limits.sessions)
        throw new LanspreadError('TOO_MANY_REQUESTS');
      await this.#options.host.trustLane(peerId, resolveLane(hello.lane, connection));
      const own = this.#ownHello();
      await stream.writeMessage(own);
      await stream.close();
      await this.#open(connection, { hello, toldRevision: own.library.revision });
    });
  }

  /** The version is looked at before anything else: another version's Hello need not fit our schema. */
  async #readHello(stream: PeerStream, peerId: string): Promise<Hello> {
    const length = decodeFrameLength(await stream.readBytes(prefixBytes));
    const body = await stream.readBytes(length);
    const { protocol } = decodeFrameBody(helloVersionSchema, body, 'Hello');
    if (protocol === PROTOCOL_VERSION) return decodeFrameBody(helloSchema, body, 'Hello');
    const reason = `speaks protocol version ${protocol}, this is ${PROTOCOL_VERSION}`;
    this.#foundIncompatible(peerId, '', reason);
    throw new LanspreadError('INCOMPATIBLE_PEER', { message: `The peer ${reason}.`, details: { peerId } });
  }

  async #open(connection: Connection, { hello, toldRevision }: { hello: Hello; toldRevision: number }): Promise<void> {
    const peerId = connection.remotePeer.toString();
    const lane = resolveLane(hello.lane, connection);
    await this.#options.host.trustLane(peerId, lane);
    if (this.#stopping.signal.aborted || connection.status !== 'open')
      throw new LanspreadError('PEER_GONE', { details: { peerId } });
    const { library, ...rest } = hello;
    const heardAtMs = this.#clock.monotonicMs();
    const known = this.#sessions.get(peerId);
    if (known) {
      Object.assign(known, { hello: rest, lane, connection, toldRevision, heardAtMs });
      if (library.revision >= known.library.revision || known.connection !== connection)
        known.library = libraryOf(library);
    }
    const session: Session = known ?? {
      peerId,
      hello: rest,
      library: libraryOf(library),
      lane,
      connection,
      toldRevision,
      heardAtMs,
      isPinging: false,
      outbox: Promise.resolve(),
    };
    this.#sessions.set(peerId, session);
    const peer = this.#view(session);
    this.#options.knownPeers.put({ peerId, name: peer.name, addresses: peer.addresses, lastSeenAt: this.#clock.now() });
    if (known) this.#changed.fire(peer);
    else this.#connected.fire(peer);
    // Our library may have moved on while Hello was under way.
    if (this.#options.host.library().revision !== toldRevision)
      this.#post(session, () => this.#sayHello(session.connection));
  }

  // --- the library of each other -----------------------------------------------------------------------------------

  async #sendDelta(session: Session, delta: LibraryDelta): Promise<void> {
    if (session.toldRevision >= delta.to) return;
    if (session.toldRevision !== delta.from) {
      await this.#sayHello(session.connection);
      return;
    }
    const limit = { limitMs: helloLimitMs, what: 'a library change', signal: this.#stopping.signal };
    const { result } = await withTimeLimit(limit, async (signal) => {
      using stream = await this.#openOn(session.connection, protocols.library, signal);
      await stream.writeMessage(delta);
      return await stream.readMessage(libraryDeltaReplySchema, 'reply to a library change');
    });
    if (result === 'ok') session.toldRevision = delta.to;
    else await this.#sayHello(session.connection);
  }

  async #answerDelta(stream: LibP2pStream, connection: Connection): Promise<void> {
    const session = this.#sessions.get(connection.remotePeer.toString());
    const delta = await stream.readMessage(libraryDeltaSchema, 'library change');
    const following = session ? applyDelta(session.library, delta) : 'resync';
    await stream.writeMessage({ result: following === 'resync' ? 'resync' : 'ok' });
    await stream.close();
    if (!session || following === 'resync') return;
    session.library = following;
    this.markAlive(session.peerId);
    this.#changed.fire(this.#view(session));
  }

  /** Queues something to tell one peer; failures end up in the log, and liveness judges the peer. */
  #post(session: Session, send: () => Promise<unknown>): void {
    session.outbox = session.outbox.then(async () => {
      if (this.#sessions.get(session.peerId) !== session || this.#stopping.signal.aborted) return;
      try {
        await send();
      } catch (error) {
        this.#logger.debug({ peerId: session.peerId, err: error }, 'a peer could not be told of a change');
      }
    });
  }

  // --- dialling ----------------------------------------------------------------------------------------------------

  async #dial(addresses: DialTarget['addresses'], signal: AbortSignal): Promise<string> {
    let failure: unknown;
    for (const address of addresses) {
      if (this.#isSelf(address)) throw new LanspreadError('SELF_CONNECT', { details: { address: address.toString() } });
      try {
        return await this.#dialOne(address, signal);
      } catch (error) {
        failure = error;
        const { code } = toLanspreadError(error);
        if (signal.aborted || code === 'SELF_CONNECT' || code === 'INCOMPATIBLE_PEER') break;
      }
    }
    throw toLanspreadError(failure, 'PEER_UNREACHABLE');
  }

  async #dialOne(address: DialTarget['addresses'][number], signal: AbortSignal): Promise<string> {
    let connection: Connection;
    try {
      const limit = {
        limitMs: dialLimitMs,
        what: `dialling ${address.toString()}`,
        code: 'PEER_UNREACHABLE' as const,
        signal,
      };
      connection = await withTimeLimit(limit, (limited) => this.#node.dial(address, { signal: limited, force: true }));
    } catch (error) {
      if (error instanceof LanspreadError) throw error;
      const isSelf = error instanceof Error && /dial self/i.test(error.message);
      throw new LanspreadError(isSelf ? 'SELF_CONNECT' : 'PEER_UNREACHABLE', {
        message: isSelf ? 'This address is this PC itself.' : `${address.toString()} does not answer.`,
        cause: error,
      });
    }
    if (connection.remotePeer.toString() === this.peerId) {
      connection.abort(new Error('self'));
      throw new LanspreadError('SELF_CONNECT');
    }
    try {
      return await this.#sayHello(connection);
    } catch (error) {
      if (!this.#sessions.has(connection.remotePeer.toString())) connection.abort(new Error('no Hello'));
      throw error;
    }
  }

  #isSelf(address: DialTarget['addresses'][number]): boolean {
    if (peerIdOf(address) === this.peerId) return true;
    const endpoint = endpointOf(address);
    if (!endpoint || endpoint.port !== this.#started.port) return false;
    const own = this.#options.listenHosts;
    if (own.includes(endpoint.host)) return true;
    return own.includes('0.0.0.0') && (isLoopback(endpoint.host) || reachableHosts().includes(endpoint.host));
  }

  #addStatic(text: string): void {
    try {
      const address = parseAddress(text);
      if (this.#isSelf(address)) return;
      this.#dialler.put({ key: `static ${text}`, peerId: peerIdOf(address), addresses: [address] });
    } catch (error) {
      this.#logger.warn({ address: text, err: error }, 'a static peer is left out');
    }
  }

  #addKnown(peerId: string, addresses: readonly string[]): void {
    const parsed = addresses.flatMap((text) => {
      try {
        return [parseAddress(text)];
      } catch {
        return [];
      }
    });
    if (parsed.length > 0 && peerId !== this.peerId)
      this.#dialler.put({ key: `known ${peerId}`, peerId, addresses: parsed });
  }

  #onDialFailed(target: DialTarget, failures: number): void {
    if (target.key.startsWith('known ') && failures >= knownPeerAttempts) this.#dialler.drop(target.key);
    if (target.peerId && target.key.startsWith('found ')) {
      this.#discovery?.reconfirm(target.peerId);
      if (this.#incompatible.has(target.peerId)) this.#dialler.drop(target.key);
    }
  }

  // --- discovery ---------------------------------------------------------------------------------------------------

  async #startDiscovery(make: (announcement: Announcement) => Discovery): Promise<void> {
    const { port, transports } = this.#started;
    const discovery = make({
      peerId: this.peerId,
      name: this.#name,
      protocolVersion: PROTOCOL_VERSION,
      ...(transports.includes('quic') && { quicPort: port }),
      tcpPort: port,
    });
    this.#discovery = discovery;
    this.#stack.use(discovery.onWarning((warning) => this.#logger.warn({ ...warning }, 'discovery')));
    this.#stack.use(discovery.onPeerFound((peer) => this.#onFound(peer)));
    this.#stack.use(discovery.onPeerChanged((peer) => this.#onFound(peer)));
    this.#stack.use(discovery.onPeerLost(({ peerId }) => this.#dialler.drop(`found ${peerId}`)));
    await discovery.start();
  }

  #onFound({ peerId, name, protocol, addresses }: DiscoveredPeer): void {
    if (peerId === this.peerId) return;
    if (protocol !== PROTOCOL_VERSION) {
      this.#dialler.drop(`found ${peerId}`);
      this.#foundIncompatible(peerId, name, `speaks protocol version ${protocol}, this is ${PROTOCOL_VERSION}`);
      return;
    }
    this.#incompatible.delete(peerId);
    const targets = dialAddresses(peerId, addresses, { hasQuic: this.#started.transports.includes('quic') });
    if (targets.length === 0) return;
    this.#discovered.fire({ peerId, name, addresses: targets.map(String) });
    this.#dialler.put(
      { key: `found ${peerId}`, peerId, addresses: targets },
      { delayMs: firstDialDelayMs(this.peerId, peerId) },
    );
  }

  #foundIncompatible(peerId: string, name: string, reason: string): void {
    if (this.#incompatible.has(peerId)) return;
    this.#incompatible.add(peerId);
    this.#incompatibleFound.fire({ peerId, name, reason });
  }

  // --- life and death ----------------------------------------------------------------------------------------------

  async #ping(session: Session): Promise<void> {
    session.isPinging = true;
    try {
      const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(goneAfterMs - pingAfterMs)]);
      await this.#node.services.ping.ping(session.connection.remotePeer, { signal });
      this.markAlive(session.peerId);
    } catch (error) {
      this.#logger.debug({ peerId: session.peerId, err: error }, 'a ping was not answered');
    } finally {
      session.isPinging = false;
    }
  }

  #onConnectionClosed(connection: Connection): void {
    const peerId = connection.remotePeer.toString();
    const session = this.#sessions.get(peerId);
    if (!session || this.#stopping.signal.aborted) return;
    const other = this.#node.getConnections(connection.remotePeer).find(({ status }) => status === 'open');
    if (!other) this.#lose(peerId, 'closed');
    else if (session.connection.status !== 'open') session.connection = other;
  }

  #lose(peerId: string, reason: LostReason): void {
    const session = this.#sessions.get(peerId);
    if (!session) return;
    this.#sessions.delete(peerId);
    void this.#options.host.trustLane(peerId, undefined).catch((error: unknown) => {
      this.#logger.warn({ peerId, err: error }, 'the byte lane could not forget a peer');
    });
    for (const connection of this.#node.getConnections(session.connection.remotePeer))
      connection.abort(new Error(reason));
    this.#lost.fire({ peerId, name: session.hello.name, reason });
    this.#dialler.retry(peerId, { delayMs: reason === 'goodbye' ? 5_000 : 500 });
  }

  #view(session: Session): Peer {
    return peerOf(session, this.#options.host.isKnownGame);
  }

  // --- streams -----------------------------------------------------------------------------------------------------

  async #serve(
    protocol: string,
    handler: (stream: LibP2pStream, connection: Connection) => Promise<void>,
  ): Promise<void> {
    await this.#node.handle(
      protocol,
      (raw: Stream, connection: Connection) => {
        void this.#run(raw, connection, handler);
      },
      { maxInboundStreams: limits.streamsPerPeer, maxOutboundStreams: limits.streamsPerPeer },
    );
  }

  async #run(
    raw: Stream,
    connection: Connection,
    handler: (stream: LibP2pStream, connection: Connection) => Promise<void>,
  ): Promise<void> {
    const peerId = connection.remotePeer.toString();
    const stream = new LibP2pStream(raw, { peerId, signal: this.#stopping.signal, clock: this.#clock });
    try {
      await handler(stream, connection);
    } catch (error) {
      this.#logger.debug({ peerId, protocol: raw.protocol, err: error }, 'a stream ended with an error');
      stream.abort(toLanspreadError(error));
    } finally {
      await stream.finish();
    }
  }

  async #openOn(connection: Connection, protocol: string, signal: AbortSignal | undefined): Promise<LibP2pStream> {
    const peerId = connection.remotePeer.toString();
    try {
      const limit = { limitMs: helloLimitMs, what: `opening ${protocol}`, signal };
      const raw = await withTimeLimit(limit, (limited) =>
        connection.newStream(protocol, { signal: limited, maxOutboundStreams: limits.streamsPerPeer }),
      );
      return new LibP2pStream(raw, { peerId, signal, clock: this.#clock });
    } catch (error) {
      if (error instanceof LanspreadError) throw error;
      throw new LanspreadError('PEER_GONE', { details: { peerId }, cause: error });
    }
  }

  async #stop(): Promise<void> {
    const goodbyes = [...this.#sessions.values()].map(async ({ connection }) => {
      using stream = await this.#openOn(connection, protocols.goodbye, undefined);
      await stream.writeMessage({});
      await stream.close();
      // The other side ends its half when it has read the goodbye.
      await stream.readSome(1);
    });
    const discovery = this.#discovery?.stop();
    const { promise: timeIsUp, resolve } = Promise.withResolvers<void>();
    using _limit = this.#clock.timeout(resolve, goodbyeLimitMs);
    await Promise.race([Promise.allSettled([...goodbyes, discovery]), timeIsUp]);
    this.#stopping.abort(new LanspreadError('SHUTTING_DOWN'));
    this.#stack.dispose();
    for (const connection of this.#node.getConnections()) connection.abort(new Error('stopping'));
    await this.#node.stop();
    this.#sessions.clear();
    for (const emitter of [this.#discovered, this.#connected, this.#lost, this.#incompatibleFound, this.#changed])
      emitter[Symbol.dispose]();
  }
}
