/** Takes the lock of a state directory, says so in one line, and keeps it until it is killed or stdin ends. */
import { acquireLock } from '../../../app/core/state/index.ts';
import { LanspreadError } from '../../../app/core/base/index.ts';

const [directory = '', what = 'lanspread node'] = process.argv.slice(2);
try {
  const lock = acquireLock(directory, { what });
  process.stdin.resume();
  process.stdin.once('end', () => {
    lock[Symbol.dispose]();
    process.exit(0);
  });
  console.log('held');
} catch (error) {
  console.log(error instanceof LanspreadError ? error.code : String(error));
}
