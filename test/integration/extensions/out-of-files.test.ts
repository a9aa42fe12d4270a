import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const script = fileURLToPath(new URL('../../support/out-of-files.ts', import.meta.url));

if (process.platform === 'win32') test.skip('a PC that has no file left to open', () => {});
else
  test('a tool that cannot be started because too much is open is a coded error, whatever is missing for it', async () => {
    // Node raises the lower limit to the upper one: both are set.
    const limited = ['-c', `ulimit -n 64; exec "$0" "$1"`, process.execPath, script];
    const { stdout } = await promisify(execFile)('/bin/sh', limited, { timeout: 60_000 });
    const outcomes = JSON.parse(stdout) as string[];
    assert.is(outcomes.length, 11);
    assert.equal([outcomes[0], outcomes.at(-1)], ['UNPACKER_FAILED', 'told']);
    const others = outcomes.filter((outcome) => outcome !== 'UNPACKER_FAILED' && outcome !== 'told');
    assert.equal(others, [], 'no other outcome, no hang, no end of the process');
  });

test.run();
