/**
 * Makes a package of Lanspread for any system, on any system: `npm run package -- --platform win-x64`. The archive holds
 * everything that the launcher needs; `--runtime` adds an unpacked NW.js, without which it opens in a browser.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makePackage } from './package/make-package.ts';
import { exitCodeOf, PackageError } from './package/package-error.ts';
import { findPlatform } from './package/platforms.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));

const { values } = parseArgs({
  options: {
    platform: { type: 'string' },
    out: { type: 'string', default: join(repository, 'dist') },
    runtime: { type: 'string' },
    catalog: { type: 'string' },
    presets: { type: 'string' },
  },
});
try {
  const path = await makePackage(values.out, {
    platform: findPlatform(values.platform),
    repository,
    runtime: values.runtime,
    catalog: values.catalog,
    presets: values.presets,
    tell: (line) => console.log(line),
  });
  console.log(`${path}  ${((await stat(path)).size / 1_000_000).toFixed(1)} MB`);
} catch (error) {
  if (!(error instanceof PackageError)) throw error;
  console.error(`${error.message} [${error.code}]`);
  process.exitCode = exitCodeOf(error);
}
