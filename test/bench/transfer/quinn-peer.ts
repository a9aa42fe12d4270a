/** One end of raw quinn streams, through the napi binding libp2p's QUIC transport uses. Verifies nothing. */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { generateKeyPair, privateKeyToProtobuf } from '@libp2p/crypto/keys';
import { answer } from '../bench.ts';

interface Stream {
  write(bytes: Uint8Array): Promise<void>;
  read(maxLength: number): Promise<Uint8Array | null>;
  finishWrite(): Promise<void>;
}
interface Connection {
  inboundStream(): Promise<Stream>;
  outboundStream(): Promise<Stream>;
}
interface Binding {
  QuinnConfig: new (options: object) => object;
  Server: new (
    config: object,
    host: string,
    port: number,
  ) => { port(): number; inboundConnection(): Promise<Connection> };
  Client: new (
    config: object,
    family: number,
  ) => { outboundConnection(host: string, port: number): Promise<Connection> };
}

const chunkBytes = 256 * 1024;
const [source = '', file = ''] = process.argv.slice(2);
const binding = import.meta.resolve('@chainsafe/libp2p-quic').replace(/index\.js$/, 'napi.js');
// The binding has no types of its own.
const { QuinnConfig, Server, Client } = (await import(binding)) as Binding;
const config = new QuinnConfig({
  handshakeTimeout: 5_000,
  maxIdleTimeout: 30_000,
  keepAliveInterval: 5_000,
  maxConcurrentStreamLimit: 256,
  maxStreamData: 10_000_000,
  maxConnectionData: 15_000_000,
  receiveBufferSize: 500_000,
  sendBufferSize: 500_000,
  privateKeyProto: privateKeyToProtobuf(await generateKeyPair('Ed25519')),
});

async function send(stream: Stream): Promise<void> {
  const descriptor = openSync(join(source, file), 'r');
  const buffer = Buffer.allocUnsafeSlow(chunkBytes);
  for (let count = readSync(descriptor, buffer); count > 0; count = readSync(descriptor, buffer)) {
    await stream.write(count === chunkBytes ? buffer : buffer.subarray(0, count));
  }
  closeSync(descriptor);
  await stream.finishWrite();
}

async function serve(server: InstanceType<Binding['Server']>): Promise<void> {
  for (;;) {
    const connection = await server.inboundConnection();
    const stream = await connection.inboundStream();
    await stream.read(1);
    await send(stream);
  }
}

let host: Promise<void> | undefined;

answer({
  async listen() {
    const server = new Server(config, '127.0.0.1', 0);
    host = serve(server);
    host.catch((error: unknown) => console.error(error));
    return { port: server.port() };
  },
  async fetch({ target, port }: { target: string; port: number }) {
    const started = performance.now();
    const connection = await new Client(config, 0).outboundConnection('127.0.0.1', port);
    const stream = await connection.outboundStream();
    await stream.write(Buffer.from('?'));
    const descriptor = openSync(join(target, file), 'w');
    for (let bytes = await stream.read(chunkBytes); bytes; bytes = await stream.read(chunkBytes)) {
      writeSync(descriptor, bytes);
    }
    closeSync(descriptor);
    return { ms: performance.now() - started };
  },
});
