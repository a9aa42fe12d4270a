/** The Windows installer, around the same files as the zip. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { writePackageFolder, type PackageOptions } from './make-package.ts';
import { findMakeNsis, runMakeNsis } from './makensis.ts';
import { PackageError } from './package-error.ts';
import { filesIn } from './program-files.ts';
import { fillTemplate, nodePath } from './start-files.ts';

/** Makes the installer in `outDir` and returns its path. Errors: `TOOL_MISSING`, and as `writePackageFolder`. */
export async function makeSetup(outDir: string, options: PackageOptions): Promise<string> {
  const { platform, isQuick = false } = options;
  if (platform.os !== 'win32')
    throw new PackageError('PLATFORM_UNKNOWN', `A setup is for Windows: win-x64 or win-arm64, not ${platform.name}.`);
  const makeNsis = await findMakeNsis();
  const work = await mkdtemp(join(tmpdir(), 'lanspread-setup-'));
  try {
    const folder = join(work, 'Lanspread');
    const { version } = await writePackageFolder(folder, options);
    const path = join(outDir, `Lanspread-Setup${platform.cpu === 'x64' ? '' : `-${platform.cpu}`}.exe`);
    await mkdir(outDir, { recursive: true });
    const script = join(work, 'setup.nsi');
    await writeFile(
      script,
      await setupScript({ folder, path, version, compressor: isQuick ? 'zlib' : 'lzma', options }),
    );
    await runMakeNsis(makeNsis, script);
    return path;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** A pointer is written last, and by itself. */
const pointer = 'current';

async function setupScript({
  folder,
  path,
  version,
  compressor,
  options: { platform, repository },
}: {
  folder: string;
  path: string;
  version: string;
  compressor: string;
  options: PackageOptions;
}): Promise<string> {
  const files = (await filesIn(folder)).map((file) => file.split(sep).join('\\'));
  const outside = files.filter((file) => !file.startsWith('versions\\') && file !== pointer);
  return await fillTemplate('setup.nsi', {
    COMPRESSOR: compressor,
    DELETE: outside.map((file) => `Delete "$INSTDIR\\${file}"`).join('\n  '),
    FOLDER: folder,
    ICON: join(repository, 'app', 'shell', 'nw', 'app', 'icon.ico'),
    NODE: nodePath(platform),
    OUT: path,
    REPLACE: [...outside, 'uninstall.exe'].map((file) => `!insertmacro replaceFile "${file}"`).join('\n  '),
    VERSION: version,
  });
}
