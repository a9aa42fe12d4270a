/**
 * Writes `app/extension-api/api.d.ts`: everything that authors can rely on, in one file, from the sources' declarations:
 * `node build/api-report.ts`. It is in the repository, so that every change of the API shows in a diff, and a test fails
 * when it is not up to date. `lanspread extension create` gives it to authors.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const apiDirectory = join(root, 'app/extension-api');
const compiler = join(root, 'node_modules/@typescript/native/bin/tsc');
export const reportPath = join(apiDirectory, 'api.d.ts');

const options = [
  '--declaration',
  '--emitDeclarationOnly',
  '--allowImportingTsExtensions',
  '--verbatimModuleSyntax',
  '--strict',
  '--target',
  'esnext',
  '--module',
  'nodenext',
  '--types',
  'node',
];

/** The report as the sources have it now. */
export function reportText(): string {
  const outDirectory = mkdtempSync(join(tmpdir(), 'lanspread-api-'));
  try {
    const sources = readdirSync(apiDirectory).filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'));
    const paths = sources.map((name) => join(apiDirectory, name));
    execFileSync(process.execPath, [compiler, ...options, '--ignoreConfig', '--outDir', outDirectory, ...paths], {
      cwd: root,
    });
    const parts = readdirSync(outDirectory)
      .filter((name) => name !== 'index.d.ts')
      .sort()
      .map((name) => withoutImports(readFileSync(join(outDirectory, name), 'utf8')));
    const { version } = JSON.parse(readFileSync(join(apiDirectory, 'package.json'), 'utf8')) as { version: string };
    return formatted(
      [`// @lanspread/extension-api ${version}. Made by build/api-report.ts; do not edit.`, ...parts].join('\n\n'),
    );
  } finally {
    rmSync(outDirectory, { recursive: true });
  }
}

/** All names of the API differ, so one module holds them all. */
function withoutImports(text: string): string {
  return text.replaceAll(/^(?:import|export) [^;{]*(?:\{[^}]*\})?[^;{]*from '[^']*';\n/gm, '').trim();
}

function formatted(text: string): string {
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
  const how = { input: text, cwd: root, encoding: 'utf8' } as const;
  return execFileSync(process.execPath, [biome, 'format', `--stdin-file-path=${reportPath}`], how);
}

if (import.meta.main) writeFileSync(reportPath, reportText());
