/**
 * Fetches the NW.js runtime: `npm run get-nw`. Never part of install or start, because its download can hang for ever
 * where the host is not reachable; here it has a time limit and says what happened.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { findpath } from 'nw';

/** A runtime is some 150 MB. */
const limitMs = 10 * 60_000;

const script = join(dirname(createRequire(import.meta.url).resolve('nw/package.json')), 'src', 'postinstall.js');
console.log('Fetching the NW.js runtime…');
const child = spawn(process.execPath, [script], {
  stdio: ['ignore', 'inherit', 'inherit'],
  timeout: limitMs,
  killSignal: 'SIGKILL',
});
child.on('close', () => void report());

async function report(): Promise<void> {
  const path = await findpath('nwjs', { flavor: 'normal' }).catch(() => undefined);
  if (path && existsSync(path)) {
    console.log(`NW.js is here: ${path}`);
    return;
  }
  console.error('NW.js could not be fetched. The launcher works without it, in a browser window: `npm start`.');
  process.exitCode = 1;
}
