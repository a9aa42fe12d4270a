/** Finds the peers that can send a game's content: those of the winning manifest, each by its best lane. */
import { toLanspreadError } from '../../base/index.ts';
import { limits, ManifestLayout, type StreamInstall } from '../../protocol/index.ts';
import type { PeerNetwork } from '../../peers/index.ts';
import { resolveManifest, type ResolveRequest } from '../../manifests/index.ts';
import type { StreamLane, StreamSenders } from '../types.ts';
import type { IncomingContent } from '../../content/index.ts';

/** Chooses the lane for streams from a peer. */
export interface StreamLaneChoice {
  of(peerId: string): StreamLane;
  /** Reports a failed lane; tells whether another one is used from now on. */
  onFailed(peerId: string, lane: StreamLane): boolean;
}

interface SendersContext {
  readonly peers: Pick<PeerNetwork, 'peers' | 'open'>;
  readonly lanes: StreamLaneChoice;
}

/** Errors: `NO_PEERS`, `MANIFEST_TIE`, `MANIFEST_INVALID`, `CANCELLED`. */
export async function findSenders(
  { peers, lanes }: SendersContext,
  request: ResolveRequest,
  { signal }: { signal: AbortSignal },
): Promise<StreamSenders> {
  const { hashed, peers: agreed, rootOf } = await resolveManifest(peers, request, { signal });
  const { root } = hashed;
  const ask: StreamInstall = {
    op: 'stream-install',
    id: request.gameId,
    version: request.version,
    root,
    sections: limits.streamSections,
  };
  return {
    manifestRoot: root,
    payloadBytes: new ManifestLayout(hashed.manifest).totalBytes,
    senders: agreed.map((peerId) => ({
      peerId,
      open: (options) => openFrom(lanes, { peerId, ask: { ...ask, root: rootOf.get(peerId) ?? root }, ...options }),
    })),
  };
}

async function openFrom(
  lanes: StreamLaneChoice,
  { peerId, ask, signal }: { peerId: string; ask: StreamInstall; signal: AbortSignal },
): Promise<IncomingContent> {
  for (;;) {
    const lane = lanes.of(peerId);
    try {
      return await lane.openStream(peerId, ask, { signal });
    } catch (error) {
      if (toLanspreadError(error).code !== 'PEER_UNREACHABLE' || !lanes.onFailed(peerId, lane)) throw error;
    }
  }
}
