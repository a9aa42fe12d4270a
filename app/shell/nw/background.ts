/**
 * The script in NW.js's background page, bundled to CommonJS because NW.js loads no ES modules there. It lives as long as the
 * app; windows come and go.
 */
import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CoreHost } from '../supervision/index.ts';
import { NwLauncher } from './launcher.ts';
import type { NwApi } from './nw-api.ts';
import { coreNode } from './pinned-node.ts';

declare const nw: NwApi;

// NW.js changes to the folder of its manifest, app/shell/nw/app, before this runs.
const appDirectory = join(process.cwd(), '..', '..', '..', '..');
const program = join(appDirectory, 'app', 'cli', 'lanspread.mjs');
if (!existsSync(program)) throw new Error('Lanspread is not installed completely: app/cli is missing.');
/** NW.js passes its own flags on together with the core's; this one is removed. */
const coreArguments = nw.App.argv.filter((argument) => !argument.startsWith('--user-data-dir='));
const isGerman = navigator.language.startsWith('de');

const launcher = new NwLauncher({
  nw,
  texts: isGerman ? { open: 'Öffnen', quit: 'Beenden' } : { open: 'Open', quit: 'Quit' },
  failurePage: (exitCode) => `failed.html?code=${exitCode}`,
  startCore: (listener) => {
    const host = new CoreHost({
      listener,
      fork: () =>
        fork(program, ['core', ...coreArguments], {
          cwd: appDirectory,
          execPath: coreNode(appDirectory, process),
          // Options for NW.js's own Node must not reach the core.
          execArgv: [],
          stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
        }),
    });
    process.once('exit', () => host.kill());
    return host;
  },
});
process.once('SIGTERM', () => launcher.quit());
process.once('SIGINT', () => launcher.quit());
