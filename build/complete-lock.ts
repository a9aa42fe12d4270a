/**
 * Adds to package-lock.json the optional platform packages that a registry view lacks, so that `npm ci` accepts the lock
 * file anywhere. npm writes only what it could resolve; `npm ci` then complains about each missing optional entry.
 * Run after every dependency change: `npm install && npm run complete-lock`.
 */
import { readFileSync, writeFileSync } from 'node:fs';

interface LockedPackage {
  version?: string;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const exactVersion = /^\d+\.\d+\.\d+$/;
const platform =
  /(?:^|[-_/])(linux|darwin|win32|android|freebsd)[-_](x64|arm64|arm|ia32|riscv64|ppc64|s390x|universal)/;

/** Derives os, cpu and libc from the naming convention of platform packages (`…-linux-x64-musl`). */
function platformOf(name: string): Pick<LockedPackage, 'os' | 'cpu' | 'libc'> | undefined {
  const match = platform.exec(name);
  const [, os, cpu] = match ?? [];
  if (!os || !cpu) return undefined;
  const libc = name.endsWith('-musl') ? ['musl'] : name.endsWith('-gnu') && os === 'linux' ? ['glibc'] : undefined;
  return { os: [os], cpu: [cpu], ...(libc && { libc }) };
}

const lockFile = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(lockFile, 'utf8')) as { packages: Record<string, LockedPackage> };
const added: string[] = [];
for (const entry of Object.values({ ...lock.packages })) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    const where = platformOf(name);
    if (lock.packages[key] || !where || !exactVersion.test(version)) continue;
    lock.packages[key] = { version, optional: true, ...where };
    added.push(name);
  }
}
if (added.length > 0) {
  const root = lock.packages[''];
  const rest = Object.entries(lock.packages).filter(([key]) => key !== '');
  rest.sort(([a], [b]) => (a < b ? -1 : 1));
  lock.packages = { ...(root && { '': root }), ...Object.fromEntries(rest) };
  writeFileSync(lockFile, `${JSON.stringify(lock, null, 2)}\n`);
}
console.log(added.length > 0 ? `added ${added.join(', ')}` : 'the lock file is complete');
