import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import pinned from '../../cli/pinned-node.json' with { type: 'json' };

/** The Node that runs the core: this app's pinned one, or else NW.js itself, whose binary can run a script like Node. */
export function coreNode(appDirectory: string, host: { platform: string; arch: string; execPath: string }): string {
  const packages: Record<string, string> = pinned.packages;
  const name = packages[`${host.platform}-${host.arch}`];
  if (name === undefined) return host.execPath;
  try {
    const manifest = createRequire(join(appDirectory, 'package.json')).resolve(`${name}/package.json`);
    const path = join(dirname(manifest), 'bin', host.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(path) ? path : host.execPath;
  } catch {
    return host.execPath;
  }
}
