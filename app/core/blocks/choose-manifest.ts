/** Which manifest a payload that is here is held against. */
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
 * The most trustworthy that is to be had: the one whose root the catalog names; the one that the download was made from;
 * what the peers agree on; what this PC itself hashed when it found the game. Errors: `NO_PEERS` where all that is known is
 * that the catalog names something else; those of the library's `manifest` when nobody else knows one; `CANCELLED`.
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
  // Held against itself it would be sound, which the catalog says it is not.
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

/** Undefined when nobody has it or they disagree. Errors: `CANCELLED`. */
async function ofPeers(
  { peers }: ChooseContext,
  { gameId, version, pinnedRoot }: Omit<VerifyRequest, 'root'>,
  signal: AbortSignal,
): Promise<HashedManifest | undefined> {
  try {
    return (await resolveManifest(peers, { gameId, version, pinnedRoot }, { signal })).hashed;
  } catch {
    // Nobody has it, they disagree, or the winner went: the next best source is asked.
    throwIfAborted(signal);
    return undefined;
  }
}
