/** One package: the folder that people unpack, and the archive it comes in. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { entriesOf, gzipOf, tarOf, zipOf } from './archive.ts';
import { installLocked } from './locked-packages.ts';
import { PackageError } from './package-error.ts';
import type { Platform } from './platforms.ts';
import { filesIn, hasQuic, writeProgram } from './program-files.ts';
import { writeStartFiles } from './start-files.ts';

export interface PackageOptions {
  readonly platform: Platform;
  readonly repository: string;
  /** A folder with the NW.js runtime of the platform. */
  readonly runtime?: string | undefined;
  /** A catalog to begin with. */
  readonly catalog?: string | undefined;
  /** Settings to begin with. */
  readonly presets?: string | undefined;
  /** In place of the checkout's own: for tests of upgrades. */
  readonly version?: string;
  /** Compresses quickly in place of well: for tests. */
  readonly isQuick?: boolean;
  readonly tell?: (line: string) => void;
}

/** The folder's name in the archive; an upgrade keeps it. */
export const folderName = 'Lanspread';

/** Makes what people unpack. Errors: `PACKAGES_UNAVAILABLE`, `NODE_UNAVAILABLE`, `RUNTIME_INVALID`. */
export async function writePackageFolder(folder: string, options: PackageOptions): Promise<{ version: string }> {
  const { platform, repository, tell = () => {} } = options;
  const packages = isThisOne(platform) ? repository : await installLocked(platform, { repository });
  const version = options.version ?? (await versionOf(repository));
  const program = { platform, repository, packages, version };
  const versionDir = join(folder, 'versions', version);
  await mkdir(versionDir, { recursive: true });
  await writeProgram(versionDir, program);
  if (options.runtime !== undefined) await addRuntime(versionDir, { runtime: options.runtime, platform });
  await writeFile(join(versionDir, 'files.json'), await fileList(versionDir));
  await cp(join(repository, 'app', 'boot'), join(folder, 'boot'), { recursive: true });
  await cp(join(repository, 'certs', 'README.md'), join(folder, 'certs', 'README.md'));
  await cp(join(repository, 'LICENSE'), join(folder, 'LICENSE'));
  if (options.catalog !== undefined) await cp(options.catalog, join(folder, 'catalog.json'));
  if (options.presets !== undefined) await cp(options.presets, join(folder, 'presets.json'));
  await writeStartFiles(folder, { platform, repository, version, tell });
  await writeFile(join(folder, 'current'), `${version}\n`);
  if (!(await hasQuic(program)))
    tell(`npm has no QUIC for ${platform.name}: control connections of this package run over TCP.`);
  return { version };
}

/** Makes the archive in `outDir` and returns its path. Errors: as `writePackageFolder`. */
export async function makePackage(outDir: string, options: PackageOptions): Promise<string> {
  const { platform } = options;
  const work = await mkdtemp(join(tmpdir(), 'lanspread-package-'));
  try {
    const { version } = await writePackageFolder(work, options);
    const entries = await entriesOf(work, folderName);
    const data = platform.archive === 'zip' ? zipOf(entries, options) : gzipOf(await tarOf(entries), options);
    const path = join(outDir, `lanspread-${version}-${platform.name}.${platform.archive}`);
    await mkdir(outDir, { recursive: true });
    await writeFile(path, data);
    return path;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Its packages lie in the checkout already. */
function isThisOne({ os, cpu }: Platform): boolean {
  return os === process.platform && cpu === process.arch;
}

async function versionOf(repository: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as { version: string };
  return manifest.version;
}

/** Where the program of the runtime lies in its folder. */
const runtimePrograms = { win32: 'nw.exe', linux: 'nw', darwin: 'nwjs.app/Contents/MacOS/nwjs' } as const;

async function addRuntime(
  versionDir: string,
  { runtime, platform }: { runtime: string; platform: Platform },
): Promise<void> {
  const program = runtimePrograms[platform.os];
  if (!existsSync(join(runtime, program)))
    throw new PackageError(
      'RUNTIME_INVALID',
      `${runtime} has no ${program}: name the unpacked NW.js of ${platform.name} with --runtime.`,
    );
  await cp(runtime, join(versionDir, 'nw'), { recursive: true, verbatimSymlinks: true });
}

/** Every file of the version with its digest: an upgrade compares them before it changes anything. */
async function fileList(versionDir: string): Promise<string> {
  const files: Record<string, string> = {};
  for (const file of await filesIn(versionDir)) {
    const path = join(versionDir, file);
    files[file.split(sep).join('/')] = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  }
  return `${JSON.stringify({ files }, null, 1)}\n`;
}
