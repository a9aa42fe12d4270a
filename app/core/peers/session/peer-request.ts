import { abortError, LanspreadError, throwIfAborted, toLanspreadError } from '../../base/index.ts';
import type { PeerNetwork, PeerStream } from '../types.ts';

interface PeerRequest {
  readonly peerId: string;
  readonly protocol: string;
  readonly signal: AbortSignal;
}

/**
 * Opens a stream for one request. Whatever happens it is over afterwards: closed when `work` is done, aborted when it
 * fails or the signal fires, also while `work` is waiting. Errors: those of `open` and of `work`; after an abort the
 * signal's.
 */
export async function withPeerStream<T>(
  network: Pick<PeerNetwork, 'open'>,
  { peerId, protocol, signal }: PeerRequest,
  work: (stream: PeerStream) => Promise<T>,
): Promise<T> {
  throwIfAborted(signal);
  const stream = await network.open(peerId, protocol, { signal });
  const onAbort = (): void => stream.abort(abortError(signal));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    throwIfAborted(signal);
    const result = await work(stream);
    await stream.close();
    return result;
  } catch (error) {
    const coded = signal.aborted ? abortError(signal) : inPeersWords(error, peerId);
    stream.abort(coded);
    throw coded;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** What has no code of its own came from the stream. */
function inPeersWords(error: unknown, peerId: string): LanspreadError {
  const coded = toLanspreadError(error);
  return coded.code === 'INTERNAL' ? new LanspreadError('PEER_GONE', { details: { peerId }, cause: error }) : coded;
}
