import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildNwBackground } from '../../../build/nw-background.ts';
import { until } from '../../support/eventually.ts';
import { tempDir } from '../../support/temp.ts';

const child = fileURLToPath(new URL('../../support/nw-child.ts', import.meta.url));
const application = fileURLToPath(new URL('../../../app/shell/nw/app', import.meta.url));

const test = suite('the NW.js background script, bundled');

test('starts a core, opens its address with the arguments given, and quitting ends both', async () => {
  await using directory = await tempDir('nw');
  await buildNwBackground({ outDir: directory.join('bundle') });
  const args = [
    '--state-dir',
    directory.join('state'),
    '--games-dir',
    directory.join('games'),
    '--listen',
    '127.0.0.1',
  ];
  const nw = fork(child, [directory.join('bundle', 'background.js'), ...args], { cwd: application });
  try {
    let windows: string[] = [];
    nw.on('message', (message: { windows: string[] }) => void ({ windows } = message));
    await until('a window is open', () => windows.length === 1, { limitMs: 20_000 });
    const [url = ''] = windows;
    const page = await fetch(url);
    assert.is(page.status, 200);
    nw.send('quit');
    await until('NW.js has quit', () => nw.exitCode === 0, { limitMs: 5_000 });
    const answer = await fetch(url).then(
      () => 'a page',
      () => 'nobody',
    );
    assert.is(answer, 'nobody', 'the core is gone');
  } finally {
    nw.kill('SIGKILL');
  }
});

test.run();
