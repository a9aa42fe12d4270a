/** A peer that speaks to libp2p by hand: it authenticates like any other and then does what a test wants. */
import type { Connection, Stream } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { silentLogger, nodeFileSystem } from '../../app/core/base/index.ts';
import { loadIdentity } from '../../app/core/peers/index.ts';
import { startNode, type LanNode } from '../../app/core/peers/connect/node.ts';
import { LibP2pStream } from '../../app/core/peers/session/peer-stream.ts';
import { encodeFrame, PROTOCOL_VERSION, protocols, type Hello } from '../../app/core/protocol/index.ts';
import { FakeLibrary } from './network-lab.ts';
import { tempDir } from './temp.ts';

export interface RawPeer extends AsyncDisposable {
  readonly peerId: string;
  readonly node: LanNode;
  /** Where it listens. */
  address(transport: 'quic' | 'tcp'): string;
  dial(address: string): Promise<Connection>;
  /** A stream of a protocol, as libp2p gives it. */
  stream(connection: Connection, protocol: string): Promise<Stream>;
  /** The same with awaited reads and writes. */
  open(connection: Connection, protocol: string): Promise<LibP2pStream>;
  /** Says a Hello and returns whatever comes back, unread. */
  hello(connection: Connection, hello?: unknown): Promise<LibP2pStream>;
  /** Serves a protocol with raw streams. */
  serve(protocol: string, handler: (stream: LibP2pStream) => Promise<void>): Promise<void>;
}

/** A Hello that is right in every field, to be spoilt. */
export function validHello(more: Partial<Hello> = {}): Hello {
  return {
    protocol: PROTOCOL_VERSION,
    instance: 'a raw peer',
    name: 'Mallory',
    addresses: [],
    features: [],
    library: new FakeLibrary().snapshot(),
    ...more,
  };
}

export async function rawPeer(): Promise<RawPeer> {
  await using directory = await tempDir('raw-peer');
  const identity = await loadIdentity({ stateDir: directory.path, fileSystem: nodeFileSystem });
  const { node, port, stop } = await startNode({ identity, hosts: ['127.0.0.1'], gater: {}, logger: silentLogger });
  const { peerId } = identity;
  const wrap = (stream: Stream): LibP2pStream => new LibP2pStream(stream, { peerId, idleLimitMs: 60_000 });
  const stream: RawPeer['stream'] = (connection, protocol) =>
    connection.newStream(protocol, { maxOutboundStreams: 1_000 });
  return {
    peerId,
    node,
    address: (transport) =>
      `/ip4/127.0.0.1/${transport === 'quic' ? `udp/${port}/quic-v1` : `tcp/${port}`}/p2p/${peerId}`,
    dial: (address) => node.dial(multiaddr(address), { force: true }),
    stream,
    open: async (connection, protocol) => wrap(await stream(connection, protocol)),
    async hello(connection, hello = validHello()) {
      const opened = wrap(await stream(connection, protocols.hello));
      await opened.write(encodeFrame(hello, { maxBytes: Number.POSITIVE_INFINITY }));
      return opened;
    },
    async serve(protocol, handler) {
      await node.handle(protocol, (raw) => void handler(wrap(raw)).catch(() => undefined));
    },
    [Symbol.asyncDispose]: stop,
  };
}
