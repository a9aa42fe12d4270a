/** The program of one version: our own files, what was built from them, and the packages it needs when it runs. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, sep } from 'node:path';
import { digestOf } from '../../app/cli/program.mjs';
import pinnedNode from '../../app/cli/pinned-node.json' with { type: 'json' };
import { buildNwBackground } from '../nw-background.ts';
import { outsidePackages, refreshProgram } from '../program.ts';
import { buildUi } from '../ui.ts';
import { closureOf, readLock, type Lock } from './locked-packages.ts';
import { PackageError } from './package-error.ts';
import type { Platform } from './platforms.ts';

/** Our own files, relative to the repository. */
const ownParts = ['app', 'fixtures/catalog', 'LICENSE', 'CHANGELOG.md'];
/** What runs from its sources, in processes of its own: the extensions that ship with Lanspread and what they stand on. */
const unbundledFolders = [
  'app/extensions',
  'app/extension-api',
  'app/core/extensions/child',
  'app/core/extensions/wire',
];
/** In the bundle themselves, but for their native parts. */
const nativePackages = ['@chainsafe/libp2p-quic'];
/** Finds a runtime that `npm run get-nw` fetched; a package has its own, or none. */
const leftOut = ['nw'];

const usedEndings = new Set(['.js', '.mjs', '.cjs', '.json', '.node', '.wasm']);
const unusedFolders = new Set(['test', 'tests', 'benchmarks', 'benchmark', 'examples', 'docs', '.github', 'browser']);
const licenceName = /^(licen[sc]e|copying|notice)/i;

export interface ProgramOptions {
  readonly platform: Platform;
  readonly repository: string;
  /** The folder whose `node_modules` has the packages of the platform. */
  readonly packages: string;
  readonly version: string;
}

/** Makes the program in `folder`. Errors: `NODE_UNAVAILABLE`. */
export async function writeProgram(folder: string, options: ProgramOptions): Promise<void> {
  const { repository, version } = options;
  const made = ['ui', 'dist', 'shell/nw/app/dist'].map((name) => join(repository, 'app', name));
  for (const part of ownParts)
    await cp(join(repository, part), join(folder, part), {
      recursive: true,
      filter: (source) => basename(source) !== '.DS_Store' && !made.includes(source),
    });
  await buildUi({ outDir: join(folder, 'app', 'ui', 'dist') });
  await writeManifest(folder, { repository, version });
  await writeBundle(folder, repository);
  await buildNwBackground({ outDir: join(folder, 'app', 'shell', 'nw', 'app', 'dist') });
  await writePackages(folder, options);
}

async function writeManifest(
  folder: string,
  { repository, version }: { repository: string; version: string },
): Promise<void> {
  // Our own file.
  const all = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as Record<string, unknown>;
  const { name, description, license, type, bin, engines, dependencies } = all;
  const manifest = { name, version, description, license, type, bin, engines, dependencies };
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Nobody edits the files of a package, so none is compared at a start: the list of sources is empty. */
async function writeBundle(folder: string, repository: string): Promise<void> {
  await refreshProgram();
  const dist = join(repository, 'app', 'dist');
  // Our own build wrote it.
  const built = JSON.parse(await readFile(join(dist, 'program.json'), 'utf8')) as { folder: string };
  const target = join(folder, 'app', 'dist');
  await cp(join(dist, built.folder), join(target, built.folder), { recursive: true });
  const manifest = await readFile(join(folder, 'package.json'));
  const program = { digest: digestOf([], () => manifest), folder: built.folder, sources: [] };
  await writeFile(join(target, 'program.json'), `${JSON.stringify(program)}\n`);
}

async function writePackages(folder: string, { platform, repository, packages }: ProgramOptions): Promise<void> {
  const lock = await readLock(repository);
  const used = [...outsidePackages.filter((name) => !leftOut.includes(name)), ...partsOf(lock)];
  used.push(...(await unbundledPackages(repository)));
  for (const name of closureOf(used, { lock, platform })) {
    // An optional one may not exist for this platform.
    if (!existsSync(join(packages, name))) continue;
    await copyPackage(join(packages, name), { target: join(folder, name), platform });
  }
  await copyNode(folder, { platform, packages });
  await writeLicences(folder, { platform, lock, packages });
}

/** The files that a program loads; headers, sources, types and the native parts of other platforms stay behind. */
async function copyPackage(
  source: string,
  { target, platform }: { target: string; platform: Platform },
): Promise<void> {
  for (const path of await filesIn(source)) {
    const folders = dirname(path).split(sep);
    if (folders.includes('node_modules') || folders.some((name) => unusedFolders.has(name))) continue;
    if (!isUsed(path, platform)) continue;
    await mkdir(dirname(join(target, path)), { recursive: true });
    await cp(join(source, path), join(target, path));
  }
}

function isUsed(path: string, platform: Platform): boolean {
  const [first = '', second = ''] = path.split(sep);
  // 7-Zip lies in folders named for systems, SQLite's parts in files.
  const sevenZip = { win32: 'win', linux: 'linux', darwin: 'mac' }[platform.os];
  if (['win', 'linux', 'mac'].includes(first) && second !== '') {
    const isTheOne = first === sevenZip && second === platform.cpu && path.split(sep).length === 3;
    return isTheOne && ['7z.exe', '7z.dll', '7zz', 'License.txt'].includes(basename(path));
  }
  if (first === 'prebuilds') return basename(path, '.node') === `${platform.os}-${platform.cpu}`;
  if (first === 'deps') return false;
  return licenceName.test(basename(path)) || usedEndings.has(extname(path));
}

async function copyNode(
  folder: string,
  { platform, packages }: { platform: Platform; packages: string },
): Promise<void> {
  const name = nodePackageOf(platform);
  const source = join(packages, 'node_modules', name);
  const program = join('bin', platform.os === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(join(source, program)))
    throw new PackageError(
      'NODE_UNAVAILABLE',
      `${name} has no ${program}: Lanspread cannot start on ${platform.name}.`,
    );
  for (const part of ['package.json', 'LICENSE', program])
    if (existsSync(join(source, part))) await cp(join(source, part), join(folder, 'node_modules', name, part));
}

/** The package with Node itself. Errors: `NODE_UNAVAILABLE`. */
export function nodePackageOf(platform: Platform): string {
  const names: Readonly<Record<string, string>> = pinnedNode.packages;
  const name = names[`${platform.os}-${platform.cpu}`];
  if (name !== undefined) return name;
  throw new PackageError('NODE_UNAVAILABLE', `No npm package has Node ${pinnedNode.major} for ${platform.name}.`);
}

/** Many packages are in the bundle, which has no room for their licences. */
async function writeLicences(
  folder: string,
  { platform, lock, packages }: { platform: Platform; lock: Lock; packages: string },
): Promise<void> {
  const all = closureOf(Object.keys(lock['']?.dependencies ?? {}), { lock, platform });
  const texts: string[] = [];
  const seen = new Set<string>();
  for (const name of all) {
    if (!existsSync(join(packages, name))) continue;
    const files = (await readdir(join(packages, name))).filter((file) => licenceName.test(file)).sort();
    for (const file of files) {
      const text = (await readFile(join(packages, name, file), 'utf8')).replaceAll('\r\n', '\n').trim();
      const title = `${name.slice(name.lastIndexOf('node_modules/') + 13)} ${lock[name]?.version ?? ''}`;
      const key = createHash('sha256').update(`${title}\n${text}`).digest('hex');
      if (seen.has(key)) continue;
      seen.add(key);
      texts.push(`== ${title}\n\n${text}\n`);
    }
  }
  await writeFile(join(folder, 'THIRD-PARTY-LICENSES.txt'), texts.join('\n'));
}

/** Every file below, relative and sorted. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** The packages that files outside of the bundle import. */
export async function unbundledPackages(repository: string): Promise<string[]> {
  const names = new Set<string>();
  for (const folder of unbundledFolders)
    for (const file of await filesIn(join(repository, folder))) {
      if (!/\.m?[jt]s$/.test(file) || file.endsWith('.d.ts')) continue;
      const source = await readFile(join(repository, folder, file), 'utf8');
      for (const [, specifier = ''] of source.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^'.][^']*)'/g)) {
        const [scope = '', name = ''] = specifier.split('/');
        if (specifier.startsWith('node:') || scope === '@lanspread') continue;
        names.add(scope.startsWith('@') ? `${scope}/${name}` : scope);
      }
    }
  return [...names].sort();
}

/** The native parts of packages in the bundle, for every platform. */
function partsOf(lock: Lock): string[] {
  return nativePackages.flatMap((name) => Object.keys(lock[`node_modules/${name}`]?.optionalDependencies ?? {}));
}

/** Whether control connections can run over QUIC there; without, they run over TCP. */
export async function hasQuic({ platform, repository, packages }: ProgramOptions): Promise<boolean> {
  const lock = await readLock(repository);
  return closureOf(partsOf(lock), { lock, platform }).some((name) => existsSync(join(packages, name)));
}
