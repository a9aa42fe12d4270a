// Loaded before an installed Lanspread chooses its version: kills it before the n-th change of the disk.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const killBefore = Number(process.env['LANSPREAD_TEST_KILL_BEFORE']);
let changes = 0;
for (const name of ['writeSync', 'fsyncSync', 'renameSync', 'copyFileSync']) {
  const original = fs[name];
  fs[name] = (...args) => {
    changes += 1;
    if (changes === killBefore) process.kill(process.pid, 'SIGKILL');
    return original(...args);
  };
}
syncBuiltinESMExports();
