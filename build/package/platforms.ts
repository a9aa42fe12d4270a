/** The systems that a package can be made for. */
import { PackageError } from './package-error.ts';

export interface Platform {
  /** As `--platform` names it. */
  readonly name: string;
  /** As Node names them. */
  readonly os: 'win32' | 'linux' | 'darwin';
  readonly cpu: 'x64' | 'arm64';
  readonly libc?: 'glibc';
  readonly archive: 'zip' | 'tar.gz';
}

const platforms: readonly Platform[] = [
  { name: 'win-x64', os: 'win32', cpu: 'x64', archive: 'zip' },
  { name: 'win-arm64', os: 'win32', cpu: 'arm64', archive: 'zip' },
  { name: 'linux-x64', os: 'linux', cpu: 'x64', libc: 'glibc', archive: 'tar.gz' },
  { name: 'linux-arm64', os: 'linux', cpu: 'arm64', libc: 'glibc', archive: 'tar.gz' },
  { name: 'mac-arm64', os: 'darwin', cpu: 'arm64', archive: 'zip' },
  { name: 'mac-x64', os: 'darwin', cpu: 'x64', archive: 'zip' },
];

export const platformNames: readonly string[] = platforms.map(({ name }) => name);

/** The platform of a name; without one, the platform that this runs on. Errors: `PLATFORM_UNKNOWN`. */
export function findPlatform(name: string | undefined, host = process): Platform {
  const platform = platforms.find((one) =>
    name === undefined ? one.os === host.platform && one.cpu === host.arch : one.name === name,
  );
  if (platform) return platform;
  throw new PackageError(
    'PLATFORM_UNKNOWN',
    `There is no package for ${name ?? `${host.platform}-${host.arch}`}. Choose one of ${platformNames.join(', ')}.`,
  );
}
