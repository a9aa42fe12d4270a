/**
 * The places where browsing for a folder begins: home, the root or the drives, and mounted volumes, with the space on each.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { withTimeLimit, type FileSystem } from '../../base/index.ts';
import type { FolderPlace } from '../contract.ts';

const mostPlaces = 32;
/** A drive or share that does not answer within this time is left out, in milliseconds. */
const limitMs = 1_500;

type Place = Pick<FolderPlace, 'kind' | 'path' | 'name'>;

/** In display order. */
export async function folderPlaces({
  fileSystem,
}: {
  fileSystem: Pick<FileSystem, 'space'>;
}): Promise<{ places: FolderPlace[] }> {
  const home: Place = { kind: 'home', path: homedir(), name: basename(homedir()) };
  const candidates = [home, ...(await systemPlaces(process.platform))].slice(0, mostPlaces);
  const looked = candidates.map(async (place): Promise<FolderPlace | undefined> => {
    try {
      return await withTimeLimit({ limitMs, what: place.path, code: 'IO_ERROR' }, async () => {
        if (!(await stat(place.path)).isDirectory()) return undefined;
        return { ...place, ...(await fileSystem.space(place.path)) };
      });
    } catch {
      // An empty card reader or a share that is away: it cannot be chosen.
      return undefined;
    }
  });
  return { places: (await Promise.all(looked)).filter((place) => place !== undefined) };
}

async function systemPlaces(platform: NodeJS.Platform): Promise<Place[]> {
  if (platform === 'win32')
    return Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ', (letter) => volume(`${letter}:\\`, `${letter}:`));
  const root: Place = { kind: 'root', path: '/', name: '/' };
  if (platform === 'darwin') {
    const names = await readdir('/Volumes').catch(() => []);
    return [root, ...names.map((name) => volume(join('/Volumes', name), name))];
  }
  const mounts = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  return [root, ...mountedVolumes(mounts).map((path) => volume(path, basename(path)))];
}

function volume(path: string, name: string): Place {
  return { kind: 'volume', path, name };
}

/** File systems on which people store data. */
const kept = new Set(
  'ext2 ext3 ext4 btrfs xfs f2fs zfs bcachefs jfs reiserfs ntfs ntfs3 fuseblk vfat exfat hfsplus nfs nfs4 cifs smb3 9p virtiofs'.split(
    ' ',
  ),
);
/** The system's own mounts; a USB stick is mounted below /run/media or /media. */
const ofTheSystem = /^\/(?:boot|efi|snap|var|proc|sys|dev|etc|usr|tmp|run(?!\/media\/))(?:\/|$)/;

/** The mount points in Linux's mountinfo that are of use to a person, the last mount of each. Pure; see proc(5). */
export function mountedVolumes(mountinfo: string): string[] {
  const paths = new Set<string>();
  for (const line of mountinfo.split('\n')) {
    const [mount = '', source = ''] = line.split(' - ');
    const path = mount
      .split(' ')[4]
      ?.replaceAll(/\\([0-7]{3})/g, (_all, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    const type = source.split(' ')[0] ?? '';
    const isKept = kept.has(type) || type.startsWith('fuse.');
    if (path !== undefined && path !== '/' && isKept && !ofTheSystem.test(path)) paths.add(path);
  }
  return [...paths].sort();
}
