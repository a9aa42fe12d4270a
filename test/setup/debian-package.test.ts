/** The Debian package, installed by dpkg below a folder of its own. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeDeb } from '../../build/package/make-deb.ts';
import { findPlatform } from '../../build/package/platforms.ts';
import { tempDir } from '../support/temp.ts';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../..', import.meta.url));

const test = suite('the Debian package');

function canInstall(): boolean {
  try {
    execFileSync('dpkg', ['--version'], { stdio: 'ignore' });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}

async function emptyRoot(root: string): Promise<void> {
  for (const folder of ['info', 'updates', 'triggers'])
    await mkdir(`${root}/var/lib/dpkg/${folder}`, { recursive: true });
  await writeFile(`${root}/var/lib/dpkg/status`, '');
}

const story = async (): Promise<void> => {
  await using temp = await tempDir('deb');
  const root = temp.join('root');
  await emptyRoot(root);
  const program = `${root}/opt/lanspread`;
  const dpkg = async (...args: string[]): Promise<void> => {
    const flags = [`--root=${root}`, '--force-script-chrootless', '--force-depends', '--log=/dev/null'];
    await run('dpkg', [...flags, ...args]);
  };
  const make = (version: string): Promise<string> =>
    makeDeb(temp.join('out'), { platform: findPlatform('linux-x64'), repository, version, isQuick: true });
  const pointer = (): string[] => readFileSync(`${program}/current`, 'utf8').trim().split('\n');
  const versionThatRuns = async (): Promise<string> => {
    const env = { HOME: temp.join('home') };
    return (await run(`${program}/lanspread`, ['--version'], { env })).stdout.trim();
  };

  const first = await make('7.0.0');
  await dpkg('-i', first);
  assert.equal([pointer(), await versionThatRuns()], [['7.0.0'], '7.0.0']);
  assert.match(readFileSync(`${root}/usr/lib/systemd/system/lanspread-node.service`, 'utf8'), 'lanspread node');
  await dpkg('-i', await make('7.1.0'));
  assert.equal([pointer(), await versionThatRuns()], [['7.1.0', '7.0.0'], '7.1.0']);
  await rm(`${program}/versions/7.1.0/app/cli/lanspread.mjs`);
  assert.is(await versionThatRuns(), '7.0.0', 'the one before is whole');
  await dpkg('-i', first);
  assert.equal(pointer()[0], '7.0.0', 'going back by hand works, too');
  await dpkg('--remove', 'lanspread');
  assert.not.ok(existsSync(program), 'nothing of the program is left');
  assert.not.ok(existsSync(`${root}/usr`), 'and nothing beside it');
};

if (process.platform === 'linux' && process.arch === 'x64' && canInstall())
  test('installs, upgrades with the version before beside it, goes back, and is removed whole', story);
else {
  console.log('SKIP the Debian package: it needs dpkg and root on Linux x64');
  test.skip('installs, upgrades, goes back, and is removed');
}

test.run();
