import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assembleApplication } from '../../../build/package.ts';
import { tempDir } from '../../support/temp.ts';

const test = suite('the packaged application');

test('runs by itself, with its state where the platform keeps such things', async () => {
  await using directory = await tempDir('package');
  const application = directory.join('lanspread');
  await assembleApplication(application);
  const program = `${application}/app/cli/lanspread.mjs`;
  const env = {
    PATH: process.env['PATH'],
    HOME: directory.join('home'),
    XDG_STATE_HOME: directory.join('home', 'state'),
  };
  const child = spawn(process.execPath, [program, 'start', '--no-open', '--listen', '127.0.0.1'], {
    cwd: directory.path,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const lines = createInterface({ input: child.stdout });
    const [url] = (await once(lines, 'line', { signal: AbortSignal.timeout(30_000) })) as [string];
    const page = await fetch(url);
    assert.is(page.status, 200);
    assert.match(await page.text(), /<title>/);
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
});

test.run();
