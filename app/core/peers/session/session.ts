import type { Connection } from '@libp2p/interface';
import { LanspreadError, Semaphore, type Clock, type IDisposable } from '../../base/index.ts';
import { limits, type Hello, type LaneOffer, type Playing } from '../../protocol/index.ts';
import { endpointOf } from '../connect/addresses.ts';
import { HeardPlaying } from './playing.ts';
import { LivenessWatch, type LookFacts } from './liveness.ts';
import { Pinger, pingProtocol } from './ping.ts';
import { knownGames, type RemoteLibrary } from './remote-library.ts';

import type { LibP2pStream } from './peer-stream.ts';
import type { StreamHost } from './stream-host.ts';
import type { Peer } from '../types.ts';

/** Streams that a session opens for itself (Hello, changes, pings) find room beside those of others. */
const ownStreams = 4;
/** Library changes since a Hello, in bytes, after which the whole is told anew. */
const mostChangedBytes = 4 * 1024 * 1024;

interface SessionOptions {
  ownPeerId: string;
  peerId: string;
  streams: StreamHost;
  clock: Clock;
  isKnownGame: (id: string) => boolean;
  /** Nothing was heard for too long. */
  onSilent: () => void;
  /** The games being played there changed. */
  onPlaying: () => void;
}

/** What a Hello told. */
export interface Greeting {
  readonly hello: Omit<Hello, 'library'>;
  readonly library: RemoteLibrary;
  readonly lane: LaneOffer | undefined;
  /** How long the Hello was. */
  readonly bytes: number;
}

/** What a peer was told last: our revisions. */
export interface Told {
  readonly library: number;
  readonly playing: number;
}

/** A peer after Hello: what it told, and the connections that reach it. When it begins and ends `decide` says. */
export class Session implements IDisposable {
  readonly peerId: string;
  #told: Told = { library: -1, playing: 0 };
  readonly #options: SessionOptions;
  readonly #connections = new Map<string, Connection>();
  readonly #gone = new AbortController();
  readonly #liveness: LivenessWatch;
  readonly #pinger: Pinger;
  readonly #playing: HeardPlaying;
  readonly #places = new Semaphore(limits.streamsPerPeer - ownStreams);
  #greeting: Greeting;
  /** Of the library changes since the last Hello. */
  #changedBytes = 0;
  #view: Peer | undefined;

  constructor(greeting: Greeting, options: SessionOptions) {
    this.peerId = options.peerId;
    this.#greeting = greeting;
    this.#options = options;
    this.#pinger = new Pinger(() => options.streams.open(this.connection(), pingProtocol, { signal: this.signal }));
    this.#playing = new HeardPlaying(greeting.hello.playing, {
      clock: options.clock,
      onChanged: () => {
        this.#view = undefined;
        options.onPlaying();
      },
    });
    this.#liveness = new LivenessWatch({
      ask: () => this.#ask(),
      gone: options.onSilent,
      yields: options.ownPeerId > options.peerId,
      clock: options.clock,
    });
  }

  /** Aborts with `PEER_GONE` when the session is over. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  get told(): Told {
    return this.#told;
  }

  /** Of what it was told twice the newer counts. */
  wasTold({ library = -1, playing = 0 }: Partial<Told>): void {
    this.#told = { library: Math.max(this.#told.library, library), playing: Math.max(this.#told.playing, playing) };
  }

  /** An earlier Lanspread lacks some. */
  hasFeature(feature: string): boolean {
    return this.#greeting.hello.features.includes(feature);
  }

  get name(): string {
    return this.#greeting.hello.name;
  }

  /** Counts the bytes of a library change. False once they are so many that the peer has to send a whole Hello again. */
  hasRoomFor(bytes: number): boolean {
    this.#changedBytes += bytes;
    return this.#changedBytes <= mostChangedBytes;
  }

  get library(): RemoteLibrary {
    return this.#greeting.library;
  }

  set library(library: RemoteLibrary) {
    this.#greeting = { ...this.#greeting, library };
    this.#view = undefined;
  }

  /** Takes in what a later Hello told. */
  renew(greeting: Greeting): void {
    this.#changedBytes = 0;
    // Two Hellos may cross, one from each side; the older snapshot may come last.
    const isNewer = greeting.library.revision >= this.library.revision;
    this.#greeting = isNewer ? greeting : { ...greeting, library: this.library };
    this.#view = undefined;
    if (greeting.hello.playing) this.hearPlaying(greeting.hello.playing);
    this.heard();
  }

  /** Takes in the games that the peer says are being played there. */
  hearPlaying(playing: Playing): void {
    this.#playing.hear(playing);
  }

  /** Brings the connections in line with the state, the newest last. */
  carry(links: readonly string[], connection: Connection | undefined): void {
    if (connection) this.#connections.set(connection.id, connection);
    for (const id of this.#connections.keys()) if (!links.includes(id)) this.#connections.delete(id);
    this.#view = undefined;
  }

  /** The newest connection that is open. Throws `PEER_GONE`. */
  connection(): Connection {
    const open = [...this.#connections.values()].findLast(({ status }) => status === 'open');
    if (!open) throw new LanspreadError('PEER_GONE', { details: { peerId: this.peerId } });
    return open;
  }

  /** Opens a stream, when this peer's limit of streams lets it. */
  async open(protocol: string, signal: AbortSignal | undefined): Promise<LibP2pStream> {
    const ending = signal ? AbortSignal.any([signal, this.signal]) : this.signal;
    const place = await this.#places.take({ signal: ending });
    try {
      const onClosed = (): void => place[Symbol.dispose]();
      return await this.#options.streams.open(this.connection(), protocol, { signal: ending, onClosed });
    } catch (error) {
      place[Symbol.dispose]();
      throw error;
    }
  }

  /** Opens a stream of the session's own, beside that limit. */
  async openOwn(protocol: string, signal: AbortSignal): Promise<LibP2pStream> {
    return await this.#options.streams.open(this.connection(), protocol, { signal });
  }

  heard(): void {
    this.#liveness.heard();
  }

  /** As others see it. The same object until something changes. */
  view(): Peer {
    return (this.#view ??= this.#look());
  }

  /** The local catalog changed. */
  refilter(): void {
    this.#view = undefined;
  }

  /** See `LivenessWatch.look`. */
  lookAtSilence(facts: LookFacts): number {
    return this.#liveness.look(facts);
  }

  [Symbol.dispose](): void {
    this.#pinger[Symbol.dispose]();
    this.#playing[Symbol.dispose]();
    this.#gone.abort(new LanspreadError('PEER_GONE', { details: { peerId: this.peerId } }));
  }

  #ask(): void {
    this.#pinger.ask().then(
      () => this.heard(),
      // An unanswered ping is what silence is: the watch judges it.
      () => undefined,
    );
  }

  #look(): Peer {
    const { hello, library, lane } = this.#greeting;
    const connections = [...this.#connections.values()];
    const dialled = connections.filter(({ direction }) => direction === 'outbound').map(({ remoteAddr }) => remoteAddr);
    const current = connections.at(-1);
    return {
      peerId: this.peerId,
      name: hello.name,
      addresses: [...new Set([...dialled.map(String), ...hello.addresses])],
      lane,
      remoteHosts: [...new Set(connections.flatMap(({ remoteAddr }) => endpointOf(remoteAddr)?.host ?? []))],
      transport: current && endpointOf(current.remoteAddr)?.protocol === 'udp' ? 'quic' : 'tcp',
      games: knownGames(library, this.#options.isKnownGame),
      libraryRevision: library.revision,
      playing: this.#playing.games.filter(this.#options.isKnownGame),
    };
  }
}

/**
 * A lane offer with its hosts filled in: an empty one means the address that the control plane talks to, and a wildcard
 * the same where it is of that family. Pure.
 */
export function resolveLane(
  offer: LaneOffer | undefined,
  connection: Pick<Connection, 'remoteAddr'>,
): LaneOffer | undefined {
  if (!offer) return undefined;
  const seen = endpointOf(connection.remoteAddr)?.host;
  const addresses = offer.addresses.flatMap(({ host, port }) => {
    const own = ownHost(host, seen);
    return own ? [{ host: own, port }] : [];
  });
  return { ...offer, addresses };
}

function ownHost(host: string, seen: string | undefined): string | undefined {
  const isSeenV6 = seen?.includes(':') ?? false;
  if (host === '0.0.0.0') return isSeenV6 ? undefined : seen;
  if (host === '::') return isSeenV6 ? seen : undefined;
  return host === '' ? seen : host;
}
