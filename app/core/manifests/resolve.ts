import {
  abortError,
  anySignal,
  isErrorCode,
  LanspreadError,
  sleep,
  toLanspreadError,
  withTimeLimit,
  type GameId,
} from '../base/index.ts';
import { decodeManifest, getGameReplySchema, manifestRoot, protocols } from '../protocol/index.ts';
import type { HashedManifest } from '../library/index.ts';
import type { Peer, PeerNetwork } from '../peers/index.ts';
import { canBeOvertaken, voteOnManifest, type ManifestAnswer, type ManifestVote } from './manifest-vote.ts';
import { withPeerStream } from '../peers/index.ts';

export interface ResolveRequest {
  readonly gameId: GameId;
  readonly version: string;
  readonly pinnedRoot?: string | undefined;
}

export interface Resolved {
  readonly hashed: HashedManifest;
  /** The peers that agree on it. */
  readonly peers: readonly string[];
}

type Network = Pick<PeerNetwork, 'peers' | 'open'>;

/** The limit for a peer's first answer, in milliseconds. */
const answerLimitMs = 5_000;
const manifestLimitMs = 60_000;
/** How often a peer that is still hashing is asked again, in milliseconds. */
const pendingPauseMs = 300;
/** How long peers that are still hashing are waited for once others have a majority among them, in milliseconds. */
const pendingGraceMs = 10_000;

/** Peers that have a version whole. */
function readyPeers(peers: readonly Peer[], { gameId, version }: ResolveRequest): string[] {
  return peers
    .filter(({ games }) => {
      const summary = games.get(gameId);
      return summary?.availability === 'Ready' && summary.version === version;
    })
    .map(({ peerId }) => peerId);
}

/**
 * Finds the right manifest: asks every peer that has the version for its root, lets them vote, fetches the winner's.
 * Errors: `NO_PEERS`, `MANIFEST_TIE` (details tell who holds what), `MANIFEST_INVALID`, `CANCELLED`.
 */
export async function resolveManifest(
  network: Network,
  request: ResolveRequest,
  signal: AbortSignal,
): Promise<Resolved> {
  const asked = readyPeers(network.peers(), request);
  if (asked.length === 0)
    throw new LanspreadError('NO_PEERS', { details: { gameId: request.gameId, version: request.version } });
  const vote = await collectVote(network, asked, { request, signal });
  if (vote.kind === 'tie') {
    throw new LanspreadError('MANIFEST_TIE', {
      message: `The peers disagree about ${request.gameId} ${request.version}: ${vote.groups.map(({ root, peers }) => `${root.slice(0, 8)} by ${peers.join(', ')}`).join('; ')}.`,
      details: { groups: vote.groups },
    });
  }
  if (vote.kind === 'none') {
    throw new LanspreadError('NO_PEERS', {
      ...(request.pinnedRoot !== undefined &&
        vote.groups.length > 0 && { message: 'No peer here has the content that the catalog names.' }),
      details: { gameId: request.gameId, version: request.version, groups: vote.groups },
    });
  }
  const hashed = await fetchFromAny(network, vote, { request, signal });
  return { hashed, peers: vote.peers };
}

async function collectVote(
  network: Network,
  asked: readonly string[],
  { request, signal }: { request: ResolveRequest; signal: AbortSignal },
): Promise<ManifestVote> {
  const answers: ManifestAnswer[] = [];
  const enough = new AbortController();
  const { promise: decided, resolve: decide } = Promise.withResolvers<void>();
  let outstanding = asked.length;
  let grace: NodeJS.Timeout | undefined;
  const review = (): void => {
    const vote = voteOnManifest(answers, { pinnedRoot: request.pinnedRoot });
    const isPinned = request.pinnedRoot !== undefined && vote.kind === 'winner';
    if (outstanding === 0 || isPinned || (vote.kind === 'winner' && !canBeOvertaken(answers, outstanding))) decide();
    else if (answers.length > 0) grace ??= setTimeout(decide, pendingGraceMs);
  };
  const asking = asked.map(async (peerId) => {
    try {
      const root = await askRoot(network, peerId, { request, signal: anySignal(signal, enough.signal) });
      answers.push({ peerId, root });
    } catch {
      // A peer that does not answer does not vote; with nobody left the caller says NO_PEERS.
    } finally {
      outstanding -= 1;
      review();
    }
  });
  const onAbort = (): void => decide();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await decided;
    // Those who are done at this moment still count.
    if (signal.aborted) throw abortError(signal);
    return voteOnManifest(answers, { pinnedRoot: request.pinnedRoot });
  } finally {
    clearTimeout(grace);
    signal.removeEventListener('abort', onAbort);
    enough.abort();
    await Promise.allSettled(asking);
  }
}

/** One peer's root; waits while it is hashing. Errors: the peer's refusal, `PEER_GONE`, `PEER_TIMEOUT`, `CANCELLED`. */
export async function askRoot(
  network: Network,
  peerId: string,
  { request, signal }: { request: ResolveRequest; signal: AbortSignal },
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
    await sleep(pendingPauseMs, { signal });
  }
}

async function fetchFromAny(
  network: Network,
  { root, peers }: { root: string; peers: readonly string[] },
  { request, signal }: { request: ResolveRequest; signal: AbortSignal },
): Promise<HashedManifest> {
  let failure: unknown;
  for (const peerId of peers) {
    try {
      const limit = { limitMs: manifestLimitMs, what: 'its manifest', signal };
      return await withTimeLimit(limit, (limited) =>
        fetchManifest(network, peerId, { root, request, signal: limited }),
      );
    } catch (error) {
      failure = error;
      if (signal.aborted) break;
    }
  }
  throw toLanspreadError(failure, 'NO_PEERS');
}

async function fetchManifest(
  network: Network,
  peerId: string,
  { root, request, signal }: { root: string; request: ResolveRequest; signal: AbortSignal },
): Promise<HashedManifest> {
  const [reply, bytes] = await withPeerStream(network, { peerId, protocol: protocols.game, signal }, async (stream) => {
    await stream.writeMessage({ id: request.gameId, version: request.version });
    const answer = await stream.readMessage(getGameReplySchema, 'reply to GetGame');
    if (!answer.ok) throw refusal(answer, peerId);
    return [answer, await stream.readBytes(answer.bytes)];
  });
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
  return new LanspreadError(isErrorCode(code) ? code : 'NOT_SERVED', { message, details: { peerId } });
}
