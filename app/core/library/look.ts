import { statOf, type FileSystem, type LanspreadError, type SignalOptions } from '../base/index.ts';
import { layoutOf, type Sentinel } from '../game-folder/index.ts';
import type { ChangeTimes } from './copy-in-progress.ts';
import { formatFingerprint, isFit, parseFingerprint, payloadPart, digestOf, type Fingerprint } from './fingerprint.ts';
import { walkPayload } from './payload.ts';
import { readTop, viewRoot, type RootView, type ViewOptions } from './root-view.ts';

/**
 * How closely to look. `listing`: one listing and the sentinel. `top`: also the files at the top level. `nested`: every
 * file. If a cheaper look finds a change, the whole folder is walked.
 */
export type Depth = 'listing' | 'top' | 'nested';

/** The state of one game folder on the disk. */
export interface RootFacts {
  readonly sentinel: Sentinel | undefined;
  readonly installed: boolean;
  /** Bytes of the payload. */
  readonly sizeBytes: number;
  readonly fingerprint: string;
  /** Changes exactly when the manifest may have changed. */
  readonly contentKey: string;
  /** Why no manifest can describe the payload. */
  readonly problem: LanspreadError | undefined;
  /** Set if every file was looked at. */
  readonly changed: ChangeTimes | undefined;
}

/** The result of an earlier look, maybe from an earlier run. */
interface Remembered {
  readonly fingerprint: string;
  readonly sizeBytes: number;
  readonly problem?: LanspreadError | undefined;
}

interface LookOptions extends SignalOptions, ViewOptions {
  depth: Depth;
  remembered: Remembered | undefined;
}

/** Looks at a game folder. Undefined when there is no real directory. Errors: the file system's, `CANCELLED`. */
export async function lookAtRoot(
  fileSystem: FileSystem,
  root: string,
  { depth, remembered, isDirectory = false, signal }: LookOptions,
): Promise<RootFacts | undefined> {
  const view = await viewRoot(fileSystem, root, { isDirectory });
  if (!view) return undefined;
  const { sentinel, installed } = view;
  const former = depth === 'nested' ? undefined : usable(remembered);
  if (former && (await isUnchanged(fileSystem, root, { view, former: former.parts, depth }))) {
    const { fingerprint, sizeBytes, problem } = former.remembered;
    return {
      sentinel,
      installed,
      sizeBytes,
      fingerprint,
      contentKey: former.parts.payload,
      problem,
      changed: undefined,
    };
  }
  const payload = await walkPayload(fileSystem, root, { ...(signal && { signal }) });
  const contentKey = contentKeyOf(payload, sentinel);
  const fingerprint = formatFingerprint({ listing: view.listing, top: payload.top, payload: contentKey });
  const { sizeBytes, problem, changedNs: payloadNs } = payload;
  const sentinelNs = sentinel && (await statOf(fileSystem, layoutOf(root).sentinel))?.changeTimeNs;
  return { sentinel, installed, sizeBytes, fingerprint, contentKey, problem, changed: { sentinelNs, payloadNs } };
}

/** Equal keys mean equal manifests. */
export function contentKeyOf(
  { digest, problem }: { digest: string; problem: LanspreadError | undefined },
  sentinel: Sentinel | undefined,
): string {
  return payloadPart(digestOf([digest, sentinel?.text ?? '']), { isFit: problem === undefined });
}

/** An unfit payload from an earlier run is walked again, because the reason was not stored. */
function usable(remembered: Remembered | undefined): { parts: Fingerprint; remembered: Remembered } | undefined {
  const parts = remembered && parseFingerprint(remembered.fingerprint);
  if (!remembered || !parts) return undefined;
  return isFit(parts) || remembered.problem ? { parts, remembered } : undefined;
}

async function isUnchanged(
  fileSystem: FileSystem,
  root: string,
  { view, former, depth }: { view: RootView; former: Fingerprint; depth: Depth },
): Promise<boolean> {
  if (view.listing !== former.listing) return false;
  return depth === 'listing' || (await readTop(fileSystem, root, view.entries)) === former.top;
}
