/** Verify compares the payload with its manifest. Repair does the same, then fetches again what differs. */
import { isAbort, LanspreadError, toLanspreadError, untilAborted } from '../base/index.ts';
import { ManifestLayout } from '../protocol/index.ts';
import type { Library } from '../library/index.ts';
import type { State } from '../state/index.ts';
import { chooseManifest, type ChosenManifest } from './choose-manifest.ts';
import type { DownloadContext } from './context.ts';
import { failed, keptBytes } from './download.ts';
import { fetchMissing } from './fetch-missing.ts';
import { assertSafeWay } from './preflight.ts';
import { resolveManifest } from '../manifests/index.ts';
import { hasSentinel, settleDownload } from './settle.ts';
import { statOf } from '../base/index.ts';
import type { DownloadListener, RepairOutcome, VerifyListener, VerifyRequest, VerifyResult } from './types.ts';
import { comparePayload, type Comparison } from './verify.ts';

export interface VerifyContext extends DownloadContext {
  readonly library: DownloadContext['library'] & Pick<Library, 'manifest'>;
  readonly state: DownloadContext['state'] & Pick<State, 'blocks'>;
}

interface Compared {
  readonly chosen: ChosenManifest;
  readonly layout: ManifestLayout;
  readonly comparison: Comparison;
  readonly result: VerifyResult;
}

/** Reads the whole payload. Changes nothing on disk. Errors: those of `chooseManifest`, the file system's, `CANCELLED`. */
export async function verify(
  context: VerifyContext,
  request: VerifyRequest,
  { listener, signal }: { listener: VerifyListener; signal: AbortSignal },
): Promise<VerifyResult> {
  return (await compare(context, request, { listener, signal })).result;
}

async function compare(
  context: VerifyContext,
  request: VerifyRequest,
  { listener, signal }: { listener: VerifyListener; signal: AbortSignal },
): Promise<Compared> {
  const { fileSystem, hasher, state } = context;
  const { root, version } = request;
  const chosen = await untilAborted(signal, () => chooseManifest(context, request, { signal }));
  const { hashed, source } = chosen;
  const layout = new ManifestLayout(hashed.manifest);
  const { totalBytes } = layout;
  listener.onBegin({ version, totalBytes, manifestRoot: hashed.root, source });
  await assertSafeWay(fileSystem, root, hashed.manifest);
  const onProgress = (bytes: number): void => listener.onProgress({ bytes, totalBytes });
  const comparison = await comparePayload({ fileSystem, hasher, layout, root, signal, onProgress });
  // The remembered hashes of these files are wrong now, so the files are not served from them.
  for (const path of comparison.badFiles) state.blocks.forgetBelow(`${root}/${path}`);
  const { sound, badFiles, missingFiles, extraFiles, badBlocks, badBytes } = comparison;
  const facts = { sound, badFiles, missingFiles, extraFiles, badBlocks, badBytes };
  return { chosen, layout, comparison, result: { version, manifestRoot: hashed.root, source, ...facts, totalBytes } };
}

/**
 * Compares, then fetches what differs from peers with the very same manifest. It parks the sentinel and writes the
 * intent before the first byte changes. So a half-done repair is a download that can be resumed, never a complete
 * payload. The install stays as it is, and so do files that the manifest does not name. Never throws.
 */
export async function repair(
  context: VerifyContext,
  request: VerifyRequest,
  { verifying, downloading, signal }: { verifying: VerifyListener; downloading: DownloadListener; signal: AbortSignal },
): Promise<RepairOutcome> {
  const { peers, fileSystem, logger } = context;
  const { gameId, version, root } = request;
  try {
    const { chosen, layout, comparison, result } = await compare(context, request, { listener: verifying, signal });
    if (comparison.sound && (await isComplete(context, root))) return { kind: 'finished', result };
    const wanted = { gameId, version, pinnedRoot: chosen.hashed.root };
    // With no bad blocks, no peer is needed.
    const needed = comparison.badBlocks > 0;
    const resolved = needed
      ? await untilAborted(signal, () => resolveManifest(peers, wanted, { signal }))
      : { hashed: chosen.hashed, peers: [], rootOf: new Map<string, string>() };
    let allocatedBytes = 0;
    for (const { path } of chosen.hashed.manifest.files)
      allocatedBytes += (await statOf(fileSystem, `${root}/${path}`))?.allocatedBytes ?? 0;
    const plan = { resolved, layout, verified: comparison.verified, allocatedBytes, keepsOthers: true };
    const download = { gameId, version, root, willInstall: false };
    const end = await fetchMissing(context, download, plan, { listener: downloading, signal });
    if (end === 'complete') return { kind: 'finished', result };
    await settleDownload(context, root);
    return { kind: 'peers-gone', resumableBytes: keptBytes(context, root) };
  } catch (thrown) {
    const error = isAbort(thrown) ? new LanspreadError('CANCELLED', { cause: thrown }) : toLanspreadError(thrown);
    if (!isAbort(thrown)) logger.info({ root, err: thrown }, 'a repair failed');
    return await failed(context, root, error);
  }
}

/**
 * Whether the sentinel is there. It is missing after an interrupted repair. If it is there, leftover records are
 * cleared.
 */
async function isComplete(context: VerifyContext, root: string): Promise<boolean> {
  if (!(await hasSentinel(context, root))) return false;
  await settleDownload(context, root);
  return true;
}
