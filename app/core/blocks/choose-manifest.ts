/** Chooses the manifest that a payload on this disk is compared with. */
import { LanspreadError, throwIfAborted } from '../base/index.ts';
import { decodeManifest } from '../protocol/index.ts';
import type { HashedManifest, Library } from '../library/index.ts';
import type { PeerNetwork } from '../peers/index.ts';
import type { PayloadManifest, State } from '../state/index.ts';
import { resolveManifest } from '../manifests/index.ts';
import type { ManifestSource, VerifyRequest } from './types.ts';

export interface ChosenManifest {
  readonly hashed: HashedManifest;
  readonly source: ManifestSource;
}

interface ChooseContext {
  readonly peers: Pick<PeerNetwork, 'peers' | 'open'>;
  readonly state: Pick<State, 'payloads'>;
  readonly library: Pick<Library, 'manifest'>;
}

/**
 * Takes the most trustworthy manifest that it can get. In this order: the one whose manifest hash the catalog names;
 * the one that the download was made from; the one that the peers agree on; the one that this PC itself hashed when it
 * found the game. Errors: `NO_PEERS` when the catalog names another manifest and no peer has it; those of the library's
 * `manifest` when no other source knows one; `CANCELLED`.
 */
export async function chooseManifest(
  context: ChooseContext,
  request: VerifyRequest,
  { signal }: { signal: AbortSignal },
): Promise<ChosenManifest> {
  const { pinnedRoot, gameId } = request;
  const own = ownManifest(context.state, request);
  if (pinnedRoot !== undefined) {
    if (own?.root === pinnedRoot) return { hashed: own, source: 'catalog' };
    const pinned = await ofPeers(context, request, signal);
    if (pinned) return { hashed: pinned, source: 'catalog' };
  }
  if (own) return { hashed: own, source: 'download' };
  const { gameId: id, version } = request;
  const agreed = pinnedRoot === undefined ? await ofPeers(context, { gameId: id, version }, signal) : undefined;
  if (agreed) return { hashed: agreed, source: 'peers' };
  const scanned = await context.library.manifest(gameId, { signal });
  if (pinnedRoot === undefined) return { hashed: scanned, source: 'scan' };
  if (scanned.root === pinnedRoot) return { hashed: scanned, source: 'catalog' };
  // A payload always matches its own scan, but the catalog names another manifest for it.
  throw new LanspreadError('NO_PEERS', {
    message:
      'What is here is not what the catalog names, and no peer here has that: nobody can tell which files differ.',
    details: { gameId, version },
  });
}

/** The manifest that this version's download was made from. */
function ownManifest(
  { payloads }: Pick<State, 'payloads'>,
  { root, version }: { root: string; version: string },
): HashedManifest | undefined {
  const made = payloads.manifest(root);
  return made?.version === version ? hashedOf(made) : undefined;
}

function hashedOf({ manifestBytes, manifestRoot, executables }: PayloadManifest): HashedManifest {
  return { manifest: decodeManifest(manifestBytes), bytes: manifestBytes, root: manifestRoot, executables };
}

/** Undefined when no peer has a manifest or the peers disagree. Errors: `CANCELLED`. */
async function ofPeers(
  { peers }: ChooseContext,
  { gameId, version, pinnedRoot }: Omit<VerifyRequest, 'root'>,
  signal: AbortSignal,
): Promise<HashedManifest | undefined> {
  try {
    return (await resolveManifest(peers, { gameId, version, pinnedRoot }, { signal })).hashed;
  } catch {
    // No peer has it, the peers disagree, or the winner left: the caller tries the next best source.
    throwIfAborted(signal);
    return undefined;
  }
}
