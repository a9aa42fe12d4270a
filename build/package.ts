/**
 * Makes a package of Lanspread for any system, on any system: `npm run package -- --platform win-x64`. The archive holds
 * everything that the launcher needs; `--runtime` adds an unpacked NW.js, without which it opens in a browser. `--setup`
 * makes the installer for Windows in place of the archive, `--deb` the Debian package.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makeDeb } from './package/make-deb.ts';
import { makePackage } from './package/make-package.ts';
import { makeSetup } from './package/make-setup.ts';
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
    setup: { type: 'boolean', default: false },
    deb: { type: 'boolean', default: false },
  },
});
try {
  const make = values.setup ? makeSetup : values.deb ? makeDeb : makePackage;
  const path = await make(values.out, {
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
