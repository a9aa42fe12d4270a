/**
 * `@chainsafe/libp2p-quic` 2.1 reads from the network into memory whether or not anybody takes the bytes, and resets a
 * stream whose buffer is full: a paused stream has to stop reading instead, so that QUIC's own flow control holds the
 * sender. The package has no setting for that, so what its muxer reads from is wrapped.
 */
import type { ComponentLogger, MultiaddrConnection, Stream, StreamMuxer, StreamMuxerFactory } from '@libp2p/interface';

/** What the muxer uses of a native stream. */
interface NativeStream {
  id(): string;
  read(maxLength: number): Promise<Uint8Array | null | undefined>;
  write(bytes: Uint8Array): Promise<void>;
  finishWrite(): Promise<void>;
  resetWrite(): Promise<void>;
  stopRead(): Promise<void>;
}

/** What the muxer uses of a native connection. */
interface NativeConnection {
  id(): string;
  inboundStream(): Promise<NativeStream>;
  outboundStream(): Promise<NativeStream>;
}

interface FactoryInit {
  connection: NativeConnection;
  logger: ComponentLogger;
}

/** Bytes of one read. The package always asks for 4 KiB, which is slow; each read costs a buffer of its size. */
const leastReadBytes = 4 * 1024;
const mostReadBytes = 64 * 1024;

/** The same factory, over a connection whose streams do not read while they are paused. */
export function restrainReading(factory: StreamMuxerFactory): StreamMuxerFactory {
  const init = initOf(factory);
  if (!init) return factory;
  return {
    protocol: factory.protocol,
    createStreamMuxer(connection: MultiaddrConnection): StreamMuxer {
      // The class itself is not exported; its constructor takes what it keeps as `init`.
      const Factory = factory.constructor as new (init: FactoryInit) => StreamMuxerFactory;
      const ownerOf = (id: string): Stream | undefined => muxer.streams.find((stream) => stream.id === id);
      const restrained = new Factory({ ...init, connection: restrainConnection(init.connection, ownerOf) });
      const muxer: StreamMuxer = restrained.createStreamMuxer(connection);
      return muxer;
    },
  };
}

function initOf(factory: StreamMuxerFactory): FactoryInit | undefined {
  if (!('init' in factory)) return undefined;
  const { init } = factory;
  if (typeof init !== 'object' || init === null || !('connection' in init)) return undefined;
  // The shape of the pinned version; a test sees when a later one differs.
  return init as FactoryInit;
}

type OwnerOf = (streamId: string) => Stream | undefined;

function restrainConnection(connection: NativeConnection, ownerOf: OwnerOf): NativeConnection {
  return {
    id: () => connection.id(),
    inboundStream: async () => restrainStream(await connection.inboundStream(), ownerOf),
    outboundStream: async () => restrainStream(await connection.outboundStream(), ownerOf),
  };
}

function restrainStream(native: NativeStream, ownerOf: OwnerOf): NativeStream {
  const id = native.id();
  let readBytes = leastReadBytes;
  return {
    id: () => id,
    async read() {
      const owner = ownerOf(id);
      if (owner?.readStatus === 'paused') await untilResumed(owner);
      try {
        const bytes = await native.read(readBytes);
        // Full reads mean that more is waiting.
        readBytes = bytes?.length === readBytes ? Math.min(readBytes * 2, mostReadBytes) : leastReadBytes;
        return bytes;
      } catch (error) {
        // The muxer knows its stream only once the first read is under way.
        const torn = ownerOf(id);
        if (torn) tellReset(torn);
        throw error;
      }
    },
    write: (bytes) => native.write(bytes),
    finishWrite: () => native.finishWrite(),
    resetWrite: () => native.resetWrite(),
    stopRead: () => native.stopRead(),
  };
}

/** The package reports a torn stream as one that ended well, and its reader would not notice that bytes are lost. */
function tellReset(stream: Stream): void {
  if (stream.status !== 'open' && stream.status !== 'closing') return;
  if ('onRemoteReset' in stream && typeof stream.onRemoteReset === 'function') stream.onRemoteReset();
}

async function untilResumed(stream: Stream): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const resume = stream.resume.bind(stream);
  stream.resume = () => {
    stream.resume = resume;
    resume();
    resolve();
  };
  stream.addEventListener('close', () => resolve(), { once: true });
  await promise;
}
