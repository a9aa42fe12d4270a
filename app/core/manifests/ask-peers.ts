/** Asks a peer about a game's manifest. */
import { LanspreadError, sleep, withTimeLimit, type ErrorCode, type GameId } from '../base/index.ts';
import type { HashedManifest } from '../library/index.ts';
import { withPeerStream, type PeerNetwork } from '../peers/index.ts';
import { decodeManifest, getGameReplySchema, manifestRoot, protocols } from '../protocol/index.ts';

export interface WantedVersion {
  readonly gameId: GameId;
  readonly version: string;
}

export type AskNetwork = Pick<PeerNetwork, 'open'>;

/** The limit for one answer, in milliseconds. */
const answerLimitMs = 5_000;
const manifestLimitMs = 60_000;
/** How often a peer that is still hashing is asked again, in milliseconds. */
const pendingPauseMs = 300;

/**
 * The codes with which a peer may refuse a manifest. Other codes are the peer's own trouble, not a fault of this PC.
 */
const refusals: ReadonlySet<string> = new Set<ErrorCode>(['GAME_NOT_FOUND', 'MANIFEST_PENDING', 'TOO_MANY_REQUESTS']);

/**
 * Asks one peer for its manifest hash. Waits while the peer is hashing, and reports its progress. Errors: the peer's
 * refusal, `PEER_GONE`, `PEER_TIMEOUT`, `CANCELLED`.
 */
export async function askRoot(
  network: AskNetwork,
  peerId: string,
  {
    request,
    signal,
    onPending,
  }: { request: WantedVersion; signal: AbortSignal; onPending?: (percent: number | undefined) => void },
): Promise<string> {
  for (;;) {
    const limit = { limitMs: answerLimitMs, what: 'its manifest', signal };
    const reply = await withTimeLimit(limit, (limited) =>
      withPeerStream(network, { peerId, protocol: protocols.game, signal: limited }, async (stream) => {
        await stream.writeMessage({ id: request.gameId, version: request.version, rootOnly: true });
        return await stream.readMessage(getGameReplySchema, 'reply to GetGame');
      }),
    );
    if (reply.ok) return reply.root;
    if (reply.code !== 'MANIFEST_PENDING') throw refusal(reply, peerId);
    onPending?.(reply.percent);
    await sleep(pendingPauseMs, { signal });
  }
}

/**
 * Fetches the manifest with this manifest hash. Errors: the peer's refusal, `MANIFEST_MISMATCH` or `MANIFEST_INVALID`
 * (the peer sent another manifest), `PEER_GONE`, `PEER_TIMEOUT`, `CANCELLED`.
 */
export async function askManifest(
  network: AskNetwork,
  peerId: string,
  { root, request, signal }: { root: string; request: WantedVersion; signal: AbortSignal },
): Promise<HashedManifest> {
  const limit = { limitMs: manifestLimitMs, what: 'its manifest', signal };
  const [reply, bytes] = await withTimeLimit(limit, (limited) =>
    withPeerStream(network, { peerId, protocol: protocols.game, signal: limited }, async (stream) => {
      await stream.writeMessage({ id: request.gameId, version: request.version });
      const answer = await stream.readMessage(getGameReplySchema, 'reply to GetGame');
      if (!answer.ok) throw refusal(answer, peerId);
      return [answer, await stream.readBytes(answer.bytes)] as const;
    }),
  );
  if (reply.root !== root || manifestRoot(bytes) !== root)
    throw new LanspreadError('MANIFEST_MISMATCH', { details: { peerId } });
  const manifest = decodeManifest(bytes);
  if (manifest.id !== request.gameId || manifest.version !== request.version) {
    throw new LanspreadError('MANIFEST_INVALID', {
      message: 'The manifest is of another game or version.',
      details: { peerId },
    });
  }
  const executables = reply.executables.filter((index) => index < manifest.files.length);
  return { manifest, bytes, root, executables };
}

function refusal({ code, message }: { code: string; message: string }, peerId: string): LanspreadError {
  const known = refusals.has(code) ? (code as ErrorCode) : 'NOT_SERVED';
  return new LanspreadError(known, { message, details: { peerId } });
}
