/** Reaching a peer's byte lane: the first of its addresses that answers and shows the certificate that the peer told. */
import type { OnReadOpts } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import {
  backoffMs,
  abortError,
  type Clock,
  firstAnswer,
  LanspreadError,
  sleep,
  throwIfAborted,
} from '../../../base/index.ts';
import type { LaneOffer } from '../../../protocol/index.ts';
import { type Credentials, normalizeFingerprint, ownerOf, tlsOptions } from '../certificate.ts';

/** The kernel answers for a busy program, so a host that has not answered by then is behind a firewall. */
const connectLimitMs = 1_500;
/** Two busy PCs may take long for the TLS handshake, in milliseconds. */
const handshakeLimitMs = 5_000;
/** A port that refuses may listen again soon, so it is tried with growing pauses until `connectLimitMs` have passed. */
const firstPauseMs = 50;

interface LaneDialOptions<Reader> {
  readonly credentials: Credentials;
  /** Spreads connections over a peer's ports. */
  readonly firstDial: number;
  /** What reads the socket; Node wants to know it before the socket connects. Made for each try. */
  readonly makeReader: () => Reader;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/**
 * Connects to a lane. Errors: `PEER_UNREACHABLE` when nobody answers (after 1.5 s, or 1.8 s where there are two hosts), or
 * only somebody with another certificate; the signal's.
 */
export async function dialLane<Reader extends { readonly onread: OnReadOpts }>(
  peerId: string,
  { addresses, fingerprint }: LaneOffer,
  options: LaneDialOptions<Reader>,
): Promise<{ socket: TLSSocket; reader: Reader }> {
  const { firstDial, makeReader, credentials, signal, clock } = options;
  if (addresses.length === 0) throw unreachable('The peer told no byte lane.');
  const hosts = [...new Set(addresses.map(({ host }) => host))];
  const { answer } = await firstAnswer(hosts, {
    async dial(host, { signal: dialling }) {
      const ports = addresses.filter((address) => address.host === host).map(({ port }) => port);
      const startedMs = clock.monotonicMs();
      for (let attempt = 0; ; attempt += 1) {
        const reader = makeReader();
        const port = ports[(firstDial + attempt) % ports.length] ?? 0;
        const target = { host, port, onread: reader.onread, ...tlsOptions(credentials) };
        try {
          return { socket: await connectOnce(target, { peerId, fingerprint, signal: dialling }), reader };
        } catch (error) {
          throwIfAborted(dialling);
          // The other ports first, and then all of them again, more slowly.
          const round = Math.floor((attempt + 1) / ports.length);
          const pauseMs = backoffMs(round, { firstMs: firstPauseMs });
          if (clock.monotonicMs() - startedMs + pauseMs > connectLimitMs) throw error;
          await sleep(pauseMs, { signal: dialling, clock });
        }
      }
    },
    discard: ({ socket }) => socket.destroy(),
    signal,
    clock,
  });
  return answer;
}

/** One try. */
async function connectOnce(
  target: ConnectionOptions & { readonly onread: OnReadOpts },
  { peerId, fingerprint, signal }: { peerId: string; fingerprint: string; signal: AbortSignal },
): Promise<TLSSocket> {
  const socket = connect({ ...target, rejectUnauthorized: false, checkServerIdentity: () => undefined });
  socket.setNoDelay(true);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const giveUp = (limitMs: number) =>
    setTimeout(() => reject(unreachable(`The byte lane does not answer within ${limitMs} ms.`)), limitMs);
  let limit = giveUp(connectLimitMs);
  const onConnect = (): void => {
    clearTimeout(limit);
    limit = giveUp(handshakeLimitMs);
  };
  const onSecure = (): void => {
    const shown = socket.getPeerX509Certificate();
    const isTheirs = shown && (ownerOf(shown) ?? peerId) === peerId;
    if (!socket.isSessionReused() && isTheirs && normalizeFingerprint(shown.fingerprint256) === fingerprint) resolve();
    else reject(unreachable('The byte lane at this address shows another certificate than the peer told.'));
  };
  const onLost = (cause?: unknown): void => reject(unreachable('The byte lane cannot be reached.', cause));
  const onAbort = (): void => reject(abortError(signal));
  socket.once('connect', onConnect);
  socket.once('secureConnect', onSecure);
  socket.on('error', onLost);
  socket.once('close', onLost);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await promise;
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(limit);
    signal.removeEventListener('abort', onAbort);
    socket.off('close', onLost);
    // An error of a socket that is given up ends in `close`, and one of the socket that is kept has its new owner's ear.
    if (!socket.destroyed) socket.off('error', onLost);
  }
}

function unreachable(message: string, cause?: unknown): LanspreadError {
  return new LanspreadError('PEER_UNREACHABLE', { message, cause });
}
