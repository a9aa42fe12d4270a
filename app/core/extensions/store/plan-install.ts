/** Whether a package may be installed, and what the player has to be asked before. Pure. */
import { LanspreadError } from '../../base/index.ts';
import { assertCompatible, compareVersions, type ExtensionManifest } from '../manifest/index.ts';
import { addedPermissions, asksForNothing, type AddedPermissions } from './permissions.ts';

/** The publisher of what ships with Lanspread; nobody else may use it. */
const ownPublisher = 'lanspread';

/**
 * Why the player is asked although nothing more is wanted. `signature-lost`: what is installed was signed, this is not.
 * `other-signer`: it is signed with another key. `older-version`: it would go back.
 */
export type InstallWarning = 'signature-lost' | 'other-signer' | 'older-version';

interface InstalledFacts {
  readonly version: string;
  readonly signedBy: string | undefined;
  readonly granted: AddedPermissions;
}

interface InstallFacts {
  readonly manifest: ExtensionManifest;
  readonly hash: string;
  /** The public key, in hex, of a signature that fits; trusted or not. */
  readonly signedBy: string | undefined;
  readonly builtInIds: ReadonlySet<string>;
  readonly installed: InstalledFacts | undefined;
  /** True: the player agreed to whatever it is. A text: to the package of this hash. */
  readonly consent: boolean | string;
}

export interface Question {
  readonly added: AddedPermissions;
  readonly warnings: readonly InstallWarning[];
}

/** The question to ask first; undefined: go on. Throws `EXTENSION_INCOMPATIBLE`, `EXTENSION_BUILT_IN`, `EXTENSION_INVALID`. */
export function planExtensionInstall({
  manifest,
  hash,
  signedBy,
  builtInIds,
  installed,
  consent,
}: InstallFacts): Question | undefined {
  const { id, publisher, version } = manifest;
  if (builtInIds.has(id))
    throw new LanspreadError('EXTENSION_BUILT_IN', {
      message: `${id} is part of Lanspread and comes with it alone.`,
      details: { extensionId: id },
    });
  if (publisher === ownPublisher)
    throw new LanspreadError('EXTENSION_INVALID', {
      message: `publisher: ${JSON.stringify(ownPublisher)} is kept for what ships with Lanspread.`,
      details: { extensionId: id, field: 'publisher' },
    });
  assertCompatible(manifest);
  const warnings: InstallWarning[] = [];
  if (installed?.signedBy !== undefined && signedBy === undefined) warnings.push('signature-lost');
  else if (installed?.signedBy !== undefined && installed.signedBy !== signedBy) warnings.push('other-signer');
  if (installed && compareVersions(version, installed.version) < 0) warnings.push('older-version');
  const added = addedPermissions(manifest.permissions, installed?.granted ?? { tools: [], hosts: [], folders: [] });
  if (warnings.length === 0 && asksForNothing(added)) return undefined;
  return consent === true || consent === hash ? undefined : { added, warnings };
}
