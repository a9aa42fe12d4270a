import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { noise } from '@chainsafe/libp2p-noise';
import { yamux } from '@chainsafe/libp2p-yamux';
import { ping, type Ping } from '@libp2p/ping';
import { tcp } from '@libp2p/tcp';
import { createLibp2p, type Libp2p } from 'libp2p';
import { LanspreadError, type Logger } from '../base/index.ts';
import { limits } from '../protocol/index.ts';
import type { Identity } from './identity.ts';

export type LanNode = Libp2p<{ ping: Ping }>;

export interface LanNodeOptions {
  identity: Identity;
  /** IP addresses; IPv6 wildcards are left out, see `startNode`. */
  hosts: readonly string[];
  /** For tests and for platforms without the native part. */
  useQuic?: boolean;
  logger: Logger;
}

export interface StartedNode {
  readonly node: LanNode;
  readonly transports: readonly ('quic' | 'tcp')[];
  /** The one port of both transports, UDP and TCP. */
  readonly port: number;
}

export const dialLimitMs = 5_000;
const portAttempts = 8;

/**
 * Starts libp2p on QUIC and TCP, on one port number for both, so that an address says all there is to know. Where QUIC's
 * native part is missing the node runs on TCP alone.
 */
export async function startNode({ identity, hosts, useQuic = true, logger }: LanNodeOptions): Promise<StartedNode> {
  const quic = useQuic ? await loadQuic(logger) : undefined;
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort(hosts[0] ?? '0.0.0.0');
    try {
      const node = await listen({ identity, hosts, quic, port });
      return { node, transports: quic ? ['quic', 'tcp'] : ['tcp'], port };
    } catch (error) {
      // Somebody took the port between the look and the listen.
      if (attempt < portAttempts) continue;
      throw new LanspreadError('IO_ERROR', { message: `Cannot listen on ${hosts.join(', ')}.`, cause: error });
    }
  }
}

type Quic = typeof import('@chainsafe/libp2p-quic').quic;

async function loadQuic(logger: Logger): Promise<Quic | undefined> {
  try {
    return (await import('@chainsafe/libp2p-quic')).quic;
  } catch (error) {
    logger.warn({ err: error }, 'QUIC is not available on this platform; the control plane runs over TCP');
    return undefined;
  }
}

async function listen({
  identity,
  hosts,
  quic,
  port,
}: {
  identity: Identity;
  hosts: readonly string[];
  quic: Quic | undefined;
  port: number;
}): Promise<LanNode> {
  const addresses = hosts.flatMap((host) => {
    const ip = host.includes(':') ? `/ip6/${host}` : `/ip4/${host}`;
    return [...(quic ? [`${ip}/udp/${port}/quic-v1`] : []), `${ip}/tcp/${port}`];
  });
  return await createLibp2p({
    privateKey: identity.privateKey,
    addresses: { listen: addresses },
    transports: [...(quic ? [quic({ maxIdleTimeout: 60_000 })] : []), tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    connectionManager: {
      maxConnections: limits.sessions,
      maxIncomingPendingConnections: limits.handshakesPerAddress * 4,
      inboundConnectionThreshold: limits.handshakesPerAddress,
      inboundUpgradeTimeout: dialLimitMs,
      dialTimeout: dialLimitMs,
      addressDialTimeout: dialLimitMs,
      maxParallelDials: 64,
      reconnectRetries: 0,
    },
    services: {
      ping: ping({ maxInboundStreams: 4, maxOutboundStreams: 4, timeout: dialLimitMs, runOnLimitedConnection: false }),
    },
  });
}

/** A port that is free for UDP and TCP on a host right now. */
async function freePort(host: string): Promise<number> {
  for (let attempt = 1; attempt <= portAttempts; attempt += 1) {
    const port = await freeTcpPort(host);
    if (await isUdpFree(host, port)) return port;
  }
  return 0;
}

async function freeTcpPort(host: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.once('error', (cause) =>
    reject(new LanspreadError('IO_ERROR', { message: `Cannot listen on ${host}: ${cause.message}.`, cause })),
  );
  server.listen(0, host, () => {
    const address = server.address();
    server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
  });
  return await promise;
}

async function isUdpFree(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.once('error', () => {
    socket.close();
    resolve(false);
  });
  socket.bind(port, host, () => socket.close(() => resolve(true)));
  return await promise;
}
