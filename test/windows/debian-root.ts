/** A root folder of Debian with Wine and a Wine prefix in it. */
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { must } from './command.ts';
import { isolated } from './isolated.ts';
import { debianPackages, debianRelease } from './plan.ts';
import { tempFolder, wineEnvironment, winePrefix } from './wine.ts';

/** Fills an empty folder. Takes a minute or two and 2 GB. Throws `CommandFailed`. */
export async function makeDebianRoot(folder: string, mirror: string): Promise<void> {
  await installDebootstrap();
  const options = ['--variant=minbase', '--include=ca-certificates'];
  await must('debootstrap', [...options, debianRelease, folder, mirror]);
  await copyFile('/etc/resolv.conf', join(folder, 'etc/resolv.conf'));
  // Proxies and the like are the machine's own.
  const settings = await must('apt-config', ['dump', '--format', '%F "%v";%n', 'Acquire']);
  await writeFile(join(folder, 'etc/apt/apt.conf.d/machine'), settings);
  const inside = async (command: readonly string[], environment = {}): Promise<void> => {
    const [file = '', ...rest] = isolated(command, { root: folder, environment });
    await must(file, rest);
  };
  await inside(['apt-get', 'update']);
  await inside(['apt-get', 'install', '-y', '--no-install-recommends', ...debianPackages]);
  await inside(['apt-get', 'clean']);
  await inside(['sh', '-c', 'wineboot --init; wineserver --wait'], wineEnvironment);
  await mkdir(join(folder, winePrefix, 'drive_c/users/root', tempFolder), { recursive: true });
}

async function installDebootstrap(): Promise<void> {
  if (await must('debootstrap', ['--version']).catch(() => undefined)) return;
  await must('apt-get', ['update']);
  await must('apt-get', ['install', '-y', '--no-install-recommends', 'debootstrap'], {
    environment: { DEBIAN_FRONTEND: 'noninteractive' },
  });
}
