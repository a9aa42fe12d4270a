import type { StreamMuxerFactory, Transport, Upgrader } from '@libp2p/interface';
import type { Libp2pOptions } from 'libp2p';
import { withTimeLimit, type Clock, type Logger } from '../../base/index.ts';
import { restrainReading } from './quic-reading.ts';

export type TransportFactory = NonNullable<Libp2pOptions['transports']>[number];

/** Longer than liveness takes to judge a silent peer, so that the reason is known. */
const idleLimitMs = 40_000;
/** On a LAN a handshake takes milliseconds; where UDP is filtered, TCP is next. */
const handshakeLimitMs = 2_500;
/**
 * Our own pings keep a connection alive, and QUIC's are not sent beside them. But while blocks come over the byte lane
 * nobody has to ask whether the other lives, and the control connection is silent for as long as that takes.
 */
const keepAliveMs = 18_000;
/** Streams of one peer, those not yet negotiated included. */
export const rawStreamLimit = 64;
const streamWindowBytes = 1024 * 1024;
const connectionWindowBytes = 8 * 1024 * 1024;

/** The QUIC transport, or undefined where the platform has no native part of it. */
export async function loadQuic(logger: Logger): Promise<TransportFactory | undefined> {
  try {
    const { quic } = await import('@chainsafe/libp2p-quic');
    const create = quic({
      handshakeTimeout: handshakeLimitMs,
      maxIdleTimeout: idleLimitMs,
      keepAliveInterval: keepAliveMs,
      maxConcurrentStreamLimit: rawStreamLimit,
      maxStreamData: streamWindowBytes,
      maxConnectionData: connectionWindowBytes,
    });
    return (components) => withDialLimit(withRestrainedReading(create(components)));
  } catch (error) {
    logger.warn({ err: error }, 'QUIC is not available on this platform; the control plane runs over TCP');
    return undefined;
  }
}

/** The transport with streams that stop reading while they are paused. */
function withRestrainedReading(transport: Transport): Transport {
  const dial = transport.dial.bind(transport);
  const createListener = transport.createListener.bind(transport);
  transport.dial = (address, options) => dial(address, { ...options, upgrader: restrainUpgrader(options.upgrader) });
  transport.createListener = (options) => createListener({ ...options, upgrader: restrainUpgrader(options.upgrader) });
  return transport;
}

/**
 * The transport with dials that end: the package's own goes on without regard to its signal or its handshake limit, for
 * as long as nobody answers. What the native part brings later is closed before anybody sees it.
 */
export function withDialLimit(
  transport: Transport,
  { limitMs = handshakeLimitMs, clock }: { limitMs?: number; clock?: Clock } = {},
): Transport {
  const dial = transport.dial.bind(transport);
  transport.dial = async (address, options) => {
    const what = `a QUIC handshake with ${address.toString()}`;
    const { signal, upgrader } = options;
    return await withTimeLimit(
      { limitMs, what, code: 'PEER_UNREACHABLE', signal, ...(clock && { clock }) },
      (limited) => dial(address, { ...options, signal: limited, upgrader: upgraderWhile(limited, upgrader) }),
    );
  };
  return transport;
}

/** Refuses connections once the signal has aborted. The transport closes a refused one. */
function upgraderWhile(signal: AbortSignal, upgrader: Upgrader): Upgrader {
  return {
    ...forward(upgrader),
    async upgradeOutbound(connection, options) {
      signal.throwIfAborted();
      return await upgrader.upgradeOutbound(connection, options);
    },
  };
}

function restrainUpgrader(upgrader: Upgrader): Upgrader {
  const restrained = <Options extends { muxerFactory?: StreamMuxerFactory }>(options: Options): Options => ({
    ...options,
    ...(options.muxerFactory && { muxerFactory: restrainReading(options.muxerFactory) }),
  });
  return {
    ...forward(upgrader),
    upgradeOutbound: (connection, options) => upgrader.upgradeOutbound(connection, restrained(options)),
    upgradeInbound: (connection, options) => upgrader.upgradeInbound(connection, restrained(options)),
  };
}

/** libp2p's upgrader is a class, whose methods a spread would lose. */
function forward(upgrader: Upgrader): Upgrader {
  return {
    upgradeOutbound: (connection, options) => upgrader.upgradeOutbound(connection, options),
    upgradeInbound: (connection, options) => upgrader.upgradeInbound(connection, options),
    createInboundAbortSignal: (signal) => upgrader.createInboundAbortSignal(signal),
    getConnectionEncrypters: () => upgrader.getConnectionEncrypters(),
    getStreamMuxers: () => upgrader.getStreamMuxers(),
  };
}
