/**
 * How the sources hang together: circles, layers, names that stand for two things, exports and packages that nobody uses.
 * `node build/structure.ts` fails on what `structure/allowed.json` does not have; that list only shrinks, and `--prune`
 * takes out of it what is cured. `--all` prints everything there is.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compareWithAllowed, findAll, type FindingKind, type Findings } from './structure/findings.ts';
import { readModule } from './structure/read-module.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const allowedPath = fileURLToPath(new URL('structure/allowed.json', import.meta.url));
const sources = ['{app,build,fixtures,test}/**/*.{ts,mjs,svelte}', '*.config.ts'];
const leftOut = /(?:^|\/)(?:dist|node_modules|out)\/|\.d\.ts$/;

/** `app/cli/program.mjs` finds it, or its bundle. */
const entrances = ['app/cli/main.ts'];

const titles: Record<FindingKind, string> = {
  circles: 'Files that import each other in a circle',
  layerBreaks: 'Imports against the layers (build/layers.ts)',
  doubledNames: 'Names that the core exports twice',
  unusedExports: 'Exports that no other file reads',
  unusedPackages: 'Dependencies that the program never names',
};

type Allowed = { [Kind in FindingKind]: readonly string[] };

export function findInRepository(): Findings {
  const paths = sources.flatMap((pattern) => globSync(pattern, { cwd: root })).map((path) => path.split(sep).join('/'));
  const modules = new Map(
    paths
      .filter((path) => !leftOut.test(path))
      .sort()
      .map((path) => [path, readModule(path, readFileSync(join(root, path), 'utf8'))]),
  );
  const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  return findAll(modules, { dependencies: Object.keys(dependencies), entrances });
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { prune: { type: 'boolean' }, all: { type: 'boolean' } } });
  const allowed: Allowed = JSON.parse(readFileSync(allowedPath, 'utf8'));
  const findings = findInRepository();
  const kinds = Object.keys(titles) as FindingKind[];
  for (const kind of kinds) {
    const { added, cured } = compareWithAllowed(findings[kind], allowed[kind]);
    const shown = values.all ? findings[kind] : added;
    if (shown.length > 0) console.log(`${titles[kind]}:\n${shown.map((entry) => `  ${entry}\n`).join('')}`);
    if (added.length > 0) process.exitCode = 1;
    if (cured.length > 0 && !values.prune)
      console.log(`${cured.length} allowed entries of ${kind} are cured: --prune.`);
    if (values.prune) allowed[kind] = allowed[kind].filter((entry) => !cured.includes(entry));
  }
  if (values.prune) writeFileSync(allowedPath, `${JSON.stringify(allowed, undefined, 2)}\n`);
}
