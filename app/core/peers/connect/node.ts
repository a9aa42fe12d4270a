import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { noise } from '@chainsafe/libp2p-noise';
import { yamux } from '@chainsafe/libp2p-yamux';
import type { ComponentLogger, Connection, ConnectionGater, Logger as Libp2pLogger } from '@libp2p/interface';
import { tcp } from '@libp2p/tcp';
import type { Multiaddr } from '@multiformats/multiaddr';
import { createLibp2p, type Libp2p } from 'libp2p';
import { LanspreadError, sleep, whenAborted, type Logger } from '../../base/index.ts';
import { limits } from '../../protocol/index.ts';
import { listenAddresses } from './addresses.ts';
import type { Identity } from '../identity.ts';
import { loadQuic, rawStreamLimit, type TransportFactory } from './quic.ts';

/** How long one address may take to answer, in milliseconds. */
export const dialLimitMs = 5_000;

export type LanNode = Libp2p<{ leftovers: Leftovers; transports: Transports }>;

/** libp2p's transports themselves, beside its dial queue. */
interface Transports {
  dial(address: Multiaddr, options: { signal: AbortSignal }): Promise<Connection>;
}

/** What libp2p leaves running after it was stopped. */
interface Leftovers {
  clear(): void;
}

interface LanNodeOptions {
  identity: Identity;
  /** IP addresses to listen on. */
  hosts: readonly string[];
  /** Default: any that is free. */
  port?: number | undefined;
  /** For tests and for platforms without the native part. */
  useQuic?: boolean | undefined;
  gater: ConnectionGater;
  logger: Logger;
}

export interface StartedNode {
  readonly node: LanNode;
  readonly transports: readonly ('quic' | 'tcp')[];
  /** The one port of both transports, UDP and TCP, on every address. */
  readonly port: number;
  /** Resolves when the signal aborts; rejects with `IO_ERROR` when a listener closes by itself. */
  watchListeners(signal: AbortSignal): Promise<void>;
  /** Closes every connection and listener. */
  stop(): Promise<void>;
}

const portAttempts = 8;
const wantedPauseMs = 250;

/**
 * Starts libp2p on QUIC and TCP, on one port number for both, so that an address says all there is to know. Where QUIC's
 * native part is missing the node runs on TCP alone. Throws `IO_ERROR` when it can listen nowhere.
 */
export async function startNode(options: LanNodeOptions): Promise<StartedNode> {
  const { hosts, port: wanted, useQuic = true, logger } = options;
  const quic = useQuic ? await loadQuic(logger) : undefined;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const port = await freePort(hosts, wanted);
      const node = await listen(options, { quic, port });
      const listeners = new ListenerWatch(node);
      return {
        node,
        transports: quic ? ['quic', 'tcp'] : ['tcp'],
        port,
        watchListeners: (signal) => listeners.watch(signal),
        async stop() {
          listeners.expectEnd();
          await stopNode(node);
        },
      };
    } catch (cause) {
      // Somebody took the port between the look and the listen.
      if (attempt < portAttempts) {
        // A wanted port may still be held by a program that is ending.
        if (wanted !== undefined) await sleep(wantedPauseMs);
        continue;
      }
      if (wanted !== undefined) throw portTaken(wanted, cause);
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new LanspreadError('IO_ERROR', { message: `Cannot listen on ${hosts.join(', ')}: ${reason}`, cause });
    }
  }
}

/** libp2p says so when a listener closes, and goes on without it. */
class ListenerWatch {
  readonly #lost = Promise.withResolvers<never>();
  #isEndExpected = false;

  constructor(node: LanNode) {
    this.#lost.promise.catch(() => undefined);
    node.addEventListener('transport:close', () => {
      if (this.#isEndExpected) return;
      const message = 'An address of the control plane is not listened on any more.';
      this.#lost.reject(new LanspreadError('IO_ERROR', { message }));
    });
  }

  async watch(signal: AbortSignal): Promise<void> {
    await Promise.race([whenAborted(signal), this.#lost.promise]);
  }

  expectEnd(): void {
    this.#isEndExpected = true;
  }
}

async function stopNode(node: LanNode): Promise<void> {
  // A graceful close of each would wait for the other side; the peers were told goodbye already.
  for (const connection of node.getConnections()) connection.abort(new Error('stopping'));
  await node.stop();
  node.services.leftovers.clear();
}

async function listen(
  { identity, hosts, gater, logger }: LanNodeOptions,
  { quic, port }: { quic: TransportFactory | undefined; port: number },
): Promise<LanNode> {
  const listening = listenAddresses({ hosts, port, transports: quic ? ['quic', 'tcp'] : ['tcp'] });
  return await createLibp2p({
    privateKey: identity.privateKey,
    addresses: { listen: listening.map(String) },
    transports: [...(quic ? [quic] : []), tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [
      yamux({
        maxInboundStreams: rawStreamLimit,
        maxOutboundStreams: rawStreamLimit,
        enableKeepAlive: false,
        // Below what libp2p buffers of a paused stream, or it would reset a stream that is only slow.
        streamOptions: { maxStreamWindowSize: 2 * 1024 * 1024 },
      }),
    ],
    connectionGater: gater,
    // Liveness is ours; this one would ping beside it.
    connectionMonitor: { enabled: false },
    connectionManager: {
      // Two for a moment when both sides dial; strangers have their own limit.
      maxConnections: limits.sessions * 2 + limits.handshakesPerAddress * 16,
      maxIncomingPendingConnections: limits.handshakesPerAddress * 16,
      inboundConnectionThreshold: limits.handshakesPerAddress * 4,
      inboundUpgradeTimeout: dialLimitMs,
      inboundStreamProtocolNegotiationTimeout: dialLimitMs,
      outboundStreamProtocolNegotiationTimeout: dialLimitMs,
      connectionCloseTimeout: 200,
    },
    logger: quietLogger(logger),
    services: {
      leftovers: ({ addressManager }) => leftoversOf(addressManager),
      transports: ({ transportManager }) => ({
        dial: (address, options) => transportManager.dial(address, options),
      }),
    },
  });
}

/**
 * libp2p's address manager notes each closed listener a second later, by a timer that would keep the process alive so
 * much longer.
 */
function leftoversOf(addressManager: object): Leftovers {
  return {
    clear() {
      const note: unknown = Reflect.get(addressManager, '_updatePeerStoreAddresses');
      if (typeof note === 'function' && 'stop' in note && typeof note.stop === 'function') note.stop();
    },
  };
}

/** libp2p's own messages matter only when one looks for a fault in it. */
function quietLogger(logger: Logger): ComponentLogger {
  const scope = (component: string): Libp2pLogger => {
    const silent = (): void => undefined;
    return Object.assign(silent, {
      error: (text: unknown, ...details: unknown[]) =>
        logger.debug({ component, details: details.map(String) }, `libp2p: ${String(text)}`),
      trace: silent,
      enabled: false,
      newScope: (name: string) => scope(`${component}:${name}`),
    });
  };
  return { forComponent: scope };
}

/** A port that is free right now for TCP and UDP on every address: the wanted one, or any. */
async function freePort(hosts: readonly string[], wanted = 0): Promise<number> {
  const [first = '0.0.0.0', ...others] = hosts;
  const port = await freeTcpPort(first, wanted);
  if (!(await isUdpFree(first, port))) throw new Error(`UDP port ${port} is taken`);
  for (const host of others)
    if (!(await isUdpFree(host, port))) throw new Error(`UDP port ${port} is taken on ${host}`);
  return port;
}

function portTaken(port: number, cause: unknown): LanspreadError {
  return new LanspreadError('IO_ERROR', {
    message: `Port ${port} cannot be listened on: another program may have it. Set controlPort to another one, or to none.`,
    cause,
  });
}

async function freeTcpPort(host: string, wanted: number): Promise<number> {
  const server = createServer().listen(wanted, host);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || !address) throw new Error(`no TCP port on ${host}`);
  return address.port;
}

async function isUdpFree(host: string, port: number): Promise<boolean> {
  const isV6 = host.includes(':');
  const socket = createSocket({ type: isV6 ? 'udp6' : 'udp4', ipv6Only: isV6 });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.once('error', (error) => {
    socket.close();
    // A family that this PC does not have: libp2p goes on without it.
    resolve('code' in error && (error.code === 'EAFNOSUPPORT' || error.code === 'EADDRNOTAVAIL'));
  });
  socket.bind(port, host, () => socket.close(() => resolve(true)));
  return await promise;
}
