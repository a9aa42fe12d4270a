/**
 * Assembles the application: `npm run package`. The folder it makes runs by itself with nothing but what is in it
 * (`app/cli/lanspread.mjs`, or NW.js pointed at the folder). `--runtime` adds NW.js around it, which needs the internet.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { buildNwBackground } from './nw-background.ts';
import { buildProgram } from './program.ts';
import { buildUi } from './ui.ts';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('..', import.meta.url));
const nwApplication = join(repository, 'app', 'shell', 'nw', 'app');

/** What the application is made of, relative to the repository; node_modules comes besides. */
const parts = ['app', 'fixtures/catalog', 'LICENSE', 'CHANGELOG.md'];
/** What NW.js looks for beside its manifest. */
const nwParts = ['icon.png', 'kiosk-guard.js', 'failed.html', 'failed.js'];
const runtimeLimitMs = 15 * 60_000;

interface Manifest {
  readonly [field: string]: unknown;
}

async function readManifest(folder: string): Promise<Manifest> {
  // Our own two files.
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** Packages that the application needs at run time, as folders relative to the repository. */
async function productionPackages(): Promise<string[]> {
  const { stdout } = await run('npm', ['ls', '--omit=dev', '--all', '--parseable'], {
    cwd: repository,
    maxBuffer: 16 * 1024 * 1024,
    shell: process.platform === 'win32',
  });
  const folders = stdout.split(/\r?\n/).map((folder) => relative(repository, folder));
  return [...new Set(folders.filter((folder) => folder.startsWith('node_modules') && existsSync(folder)))];
}

/** Makes the folder anew, for the platform this runs on. */
export async function assembleApplication(outDir: string): Promise<void> {
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });
  // The UI goes along as it is built, not as it is written; both builds are made here.
  const made = ['ui', 'dist'].map((name) => join(repository, 'app', name));
  const withoutDevelopment = (source: string): boolean => basename(source) !== '.DS_Store' && !made.includes(source);
  for (const part of parts)
    await cp(join(repository, part), join(outDir, part), { recursive: true, filter: withoutDevelopment });
  await buildUi({ outDir: join(outDir, 'app', 'ui', 'dist') });
  for (const folder of await productionPackages()) {
    await cp(join(repository, folder), join(outDir, folder), {
      recursive: true,
      mode: 2, // COPYFILE_FICLONE: shares the blocks where the file system can
      verbatimSymlinks: true,
      // Packages inside come by their own line, if they are needed at all.
      filter: (source) => relative(join(repository, folder), source).split(/[\\/]/)[0] !== 'node_modules',
    });
  }
  for (const part of nwParts) await cp(join(nwApplication, part), join(outDir, part));
  await buildNwBackground({ outDir: join(outDir, 'dist') });
  const { version, description, license, type, bin, engines, dependencies } = await readManifest(repository);
  const nwManifest = await readManifest(nwApplication);
  const manifest = { ...nwManifest, version, description, license, type, bin, engines, dependencies };
  await writeFile(join(outDir, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await buildProgram({ root: outDir });
}

async function addRuntime(srcDir: string, outDir: string): Promise<void> {
  const { default: buildWithNw } = await import('nw-builder');
  const limit = AbortSignal.timeout(runtimeLimitMs);
  const tooLate = new Promise<never>((_, reject) => {
    limit.addEventListener('abort', () => reject(new Error('NW.js did not arrive within 15 minutes')));
  });
  const building = buildWithNw({
    mode: 'build',
    flavor: 'normal',
    glob: false,
    srcDir,
    outDir,
    logLevel: 'warn',
    app: {},
  });
  await Promise.race([building, tooLate]);
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { out: { type: 'string', default: join(repository, 'dist', 'lanspread') }, runtime: { type: 'boolean' } },
  });
  await assembleApplication(values.out);
  console.log(`The application is in ${values.out}`);
  if (values.runtime) {
    try {
      await addRuntime(values.out, `${values.out}-nw`);
      console.log(`With NW.js: ${values.out}-nw`);
    } catch (error) {
      console.error(`NW.js could not be added: ${error instanceof Error ? error.message : String(error)}`);
      console.error('The application above works without it, in a browser window.');
      process.exitCode = 1;
    }
    process.exit();
  }
}
