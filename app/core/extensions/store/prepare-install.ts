import { LanspreadError, statOf, type FileSystem, type SignalOptions } from '../../base/index.ts';
import type { ExtensionRow } from '../../state/index.ts';
import { maxPackageBytes, openPackage, packFolder, type OpenedPackage } from '../package/index.ts';
import type { FoundExtension } from './discover.ts';
import { parseGranted, permissionsOf, type AddedPermissions } from './permissions.ts';
import { planExtensionInstall, type InstallWarning } from './plan-install.ts';

export interface InstallOptions extends SignalOptions {
  /** True: the player agreed to whatever it is. A text: to the package of this hash. */
  readonly consent?: boolean | string;
}

export interface InstallOutcome {
  readonly status: 'installed' | 'needs-consent';
  readonly id: string;
  readonly label: string;
  readonly version: string;
  /** The version it takes the place of. */
  readonly formerVersion?: string;
  readonly hash: string;
  readonly trust: 'signed' | 'sideloaded';
  readonly signer?: string;
  /** The fingerprint of the key that signed it, trusted or not: for people to compare. */
  readonly fingerprint?: string;
  /** `needs-consent`: what it would get beyond what was granted. `installed`: all that it may do. */
  readonly added: AddedPermissions;
  readonly warnings: readonly InstallWarning[];
}

interface InstallSurroundings {
  readonly former: (id: string) => FoundExtension | undefined;
  readonly row: (id: string) => ExtensionRow | undefined;
  readonly builtInIds: ReadonlySet<string>;
  readonly signerName: (keyHex: string) => string | undefined;
  readonly consent: boolean | string;
}

interface PreparedInstall {
  readonly outcome: InstallOutcome;
  readonly opened: OpenedPackage;
  /** The database entry that is written once the package is in place. */
  readonly row: ExtensionRow;
}

/** Reads and checks a package and decides; changes nothing. Errors: as `ExtensionStore.install`. */
export async function prepareInstall(
  fileSystem: FileSystem,
  path: string,
  { former, row, builtInIds, signerName, consent }: InstallSurroundings,
): Promise<PreparedInstall> {
  const opened = await readPackage(fileSystem, path);
  const { hash, signer: key } = opened;
  const { id, version, displayName: label, permissions } = opened.manifest;
  const present = former(id);
  const remembered = row(id);
  const installed = present?.manifest && {
    version: present.manifest.version,
    signedBy: present.receipt?.signedBy,
    granted: parseGranted(remembered?.grantedPermissions),
  };
  const question = planExtensionInstall({
    manifest: opened.manifest,
    hash,
    signedBy: key?.hex,
    builtInIds,
    installed,
    consent,
  });
  const signer = key && signerName(key.hex);
  return {
    opened,
    outcome: {
      status: question ? 'needs-consent' : 'installed',
      id,
      label,
      version,
      ...(installed && { formerVersion: installed.version }),
      hash,
      trust: signer === undefined ? 'sideloaded' : 'signed',
      ...(signer !== undefined && { signer }),
      ...(key && { fingerprint: key.fingerprint }),
      added: question?.added ?? permissionsOf(permissions),
      warnings: question?.warnings ?? [],
    },
    row: {
      id,
      version,
      hash,
      // An update does not enable an extension that the player disabled.
      enabled: installed ? (remembered?.enabled ?? true) : true,
      grantedPermissions: permissions,
      crashCount: installed ? (remembered?.crashCount ?? 0) : 0,
      signedBy: key?.hex,
    },
  };
}

async function readPackage(fileSystem: FileSystem, path: string): Promise<OpenedPackage> {
  const stat = await statOf(fileSystem, path);
  const refuse = (message: string): LanspreadError => new LanspreadError('EXTENSION_INVALID', { message });
  if (!stat) throw refuse(`There is no file ${path}.`);
  // An author's folder is packed on the spot, so that what is installed is what a package would bring.
  if (stat.kind === 'directory') return openPackage((await packFolder(fileSystem, path)).bytes);
  if (stat.kind === 'other') throw refuse(`${path} is no file.`);
  if (stat.sizeBytes > maxPackageBytes) throw refuse(`${path} is larger than 256 MiB.`);
  return openPackage(await fileSystem.readFile(path));
}
