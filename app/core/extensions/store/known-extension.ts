/** One extension as it stands: what lies on the disk together with what the database remembers. Pure. */
import type { LanspreadError } from '../../base/index.ts';
import type { ExtensionRow } from '../../state/index.ts';
import type { ExtensionManifest, Permissions } from '../manifest/index.ts';
import type { Theme } from '../themes/index.ts';
import type { ExtensionDescription, ExtensionTrust } from '../types.ts';
import type { FoundExtension, ExtensionOrigin } from './discover.ts';
import { addedPermissions, asksForNothing, noPermissions, parseGranted, type AddedPermissions } from './permissions.ts';

export interface KnownExtension {
  readonly id: string;
  readonly origin: ExtensionOrigin;
  readonly directory: string;
  /** Undefined: its files are unusable; `problem` says why. */
  readonly manifest: ExtensionManifest | undefined;
  readonly trust: ExtensionTrust;
  /** The name of the trusted key that signed it. */
  readonly signer: string | undefined;
  readonly enabled: boolean;
  /** The permissions it asks for beyond those granted. It stays disabled until the player agrees. */
  readonly missing: AddedPermissions;
  readonly themes: readonly Theme[];
  readonly crashCount: number;
  readonly problem: LanspreadError | undefined;
}

interface Knowledge {
  readonly row: ExtensionRow | undefined;
  /** The name of a trusted key, by its hex; undefined: nobody here trusts it. */
  readonly signerName: (keyHex: string) => string | undefined;
}

export function toKnown(found: FoundExtension, { row, signerName }: Knowledge): KnownExtension {
  const { id, origin, directory, manifest, themes, problem } = found;
  const isOwn = origin !== 'installed';
  const signedBy = found.receipt?.signedBy;
  const signer = isOwn || signedBy === undefined ? undefined : signerName(signedBy);
  const wanted = manifest?.permissions ?? noPermissions;
  // Built-in extensions, and those that an author loads by hand, need no further consent.
  const missing = addedPermissions(
    wanted,
    isOwn ? permissionsAsGranted(wanted) : parseGranted(row?.grantedPermissions),
  );
  return {
    id,
    origin,
    directory,
    manifest,
    trust: origin === 'built-in' ? 'built-in' : signer === undefined ? 'sideloaded' : 'signed',
    signer,
    enabled: problem === undefined && asksForNothing(missing) && (row?.enabled ?? isOwn),
    missing,
    themes,
    crashCount: row?.crashCount ?? 0,
    problem,
  };
}

function permissionsAsGranted({ tools, net, read }: Permissions): AddedPermissions {
  return { tools, hosts: net, folders: read };
}

interface DescriptionExtras {
  readonly readableFolders: readonly string[];
  readonly development: ExtensionDescription['development'];
}

/** The description for the host. Undefined when it cannot run. */
export function describe(
  { id, manifest, directory, trust, enabled, missing }: KnownExtension,
  { readableFolders, development }: DescriptionExtras,
): ExtensionDescription | undefined {
  if (!manifest) return undefined;
  const { tools, net, read } = manifest.permissions;
  const granted: Permissions = {
    tools: tools.filter((name) => !missing.tools.includes(name)),
    net: net.filter((host) => !missing.hosts.includes(host)),
    read: read.filter((folder) => !missing.folders.includes(folder)),
  };
  return {
    id,
    manifest,
    directory,
    trust,
    granted,
    enabled,
    readableFolders: granted.read.length > 0 ? readableFolders : [],
    ...(development && { development }),
  };
}
