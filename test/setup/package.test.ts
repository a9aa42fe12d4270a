import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makePackage } from '../../build/package/make-package.ts';
import { findPlatform } from '../../build/package/platforms.ts';
import { catalogEntry, writeCatalog } from '../support/catalogs.ts';
import { eventually, until } from '../support/eventually.ts';
import { makeGame, type GameSpec } from '../support/games.ts';
import { unpackPackage, type Installed } from '../support/installed.ts';
import { PeerProcess } from '../support/peer.ts';
import { does, isOffered } from '../support/story.ts';
import { tempDir, type TempDir } from '../support/temp.ts';
import { readTree } from '../support/trees.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const platform = findPlatform(undefined);
const isWindows = process.platform === 'win32';

/** NW.js as the strict stand-in plays it; it leaves what it was started with. A Windows program cannot be a script. */
async function standInRuntime(folder: string): Promise<string> {
  const child = fileURLToPath(new URL('../support/nw-child.ts', import.meta.url));
  const lines = [
    '#!/bin/sh',
    'app=$1',
    'shift',
    'printf "%s\\n" "$@" > "$LANSPREAD_TEST_ARGUMENTS"',
    'cd "$app"',
    `exec "${process.execPath}" "${child}" "$app/dist/background.js" "$@"`,
  ];
  await mkdir(folder);
  await writeFile(join(folder, 'nw'), `${lines.join('\n')}\n`, { mode: 0o755 });
  return folder;
}

const test = suite<{ temp: TempDir; installed: Installed }>('the package of this platform');

test.before(async (context) => {
  const temp = await tempDir('package');
  const [into, home] = [temp.join('Spiele & Größe (1)'), temp.join('home')];
  for (const folder of [into, home]) await mkdir(folder);
  const runtime = isWindows ? undefined : await standInRuntime(temp.join('runtime'));
  const archive = await makePackage(temp.join('out'), { platform, repository, runtime, isQuick: true });
  const installed = await unpackPackage(archive, { into, home });
  Object.assign(context, { temp, installed });
});

test.after(async ({ temp }) => {
  await temp[Symbol.asyncDispose]();
});

test('keeps its state where the platform keeps such things, and nothing in its own folder', async ({ installed }) => {
  const before = await readTree(installed.folder);
  const [file = '', ...args] = installed.command;
  const child = spawn(file, [...args, 'start', '--no-open', '--listen', '127.0.0.1'], {
    cwd: installed.folder,
    env: installed.environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const lines = createInterface({ input: child.stdout });
    const [url] = (await once(lines, 'line', { signal: AbortSignal.timeout(60_000) })) as [string];
    const page = await fetch(url);
    assert.is(page.status, 200);
    assert.match(await page.text(), /<title>/);
    await until('the version is proven', async () => {
      const record = await readFile(join(installed.stateDir, 'versions.json'), 'utf8').catch(() => '{}');
      return (JSON.parse(record) as { proven?: string }).proven !== undefined;
    });
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  assert.ok((await stat(join(installed.stateDir, 'lanspread.db'))).isFile());
  assert.equal(await readTree(installed.folder), before);
});

/** A game that says where it was started. */
const game: GameSpec = {
  id: 'hello',
  archives: [
    {
      entries: [
        { path: 'play.sh', text: '#!/bin/sh\necho played > played.txt\n', executable: true },
        { path: 'play.cmd', text: '@echo played > played.txt\r\n' },
      ],
    },
  ],
};
const launch = [
  { label: 'Play', platform: 'linux', command: 'play.sh', arguments: [] },
  { label: 'Play', platform: 'win32', command: 'play.cmd', arguments: [] },
];

test('downloads, installs, plays and uninstalls a game', async ({ temp, installed }) => {
  const catalog = temp.join('catalog.json');
  await writeCatalog(catalog, [catalogEntry(game, { launch })]);
  const folders = (name: string) => ({ name, catalog, gamesDir: temp.join(name, 'games'), stateDir: temp.join(name) });
  await makeGame(temp.join('anna', 'games'), game);
  await mkdir(temp.join('bela', 'games'), { recursive: true });
  await using anna = await PeerProcess.start(folders('anna'));
  await using bela = await PeerProcess.start({ ...folders('bela'), installed, peers: anna.addresses });
  await isOffered(bela, 'hello');
  await does(bela, 'download', { gameId: 'hello', install: false }, 'download-finished');
  await does(bela, 'install', { gameId: 'hello' }, 'install-finished');
  await bela.command('play', { gameId: 'hello' });
  await bela.waitFor('play-ended');
  assert.is((await readFile(temp.join('bela', 'games', 'hello', 'local', 'played.txt'), 'utf8')).trim(), 'played');
  await does(bela, 'uninstall', { gameId: 'hello' }, 'uninstall-finished');
  assert.is((await bela.game('hello')).installed, false);
  assert.equal([anna.problems, bela.problems], [[], []]);
});

if (!isWindows)
  test('opens in the NW.js that was put around it, with its profile among the state', async ({ temp, installed }) => {
    const stateDir = temp.join('nw state');
    const environment = { ...installed.environment, DISPLAY: ':0', LANSPREAD_TEST_ARGUMENTS: temp.join('arguments') };
    const [file = '', ...args] = installed.command;
    const flags = ['start', '--state-dir', stateDir, '--listen', '127.0.0.1'];
    const child = spawn(file, [...args, ...flags], { env: environment, stdio: ['ignore', 'inherit', 'inherit'] });
    try {
      const address = await eventually('the core of NW.js is up', async () => {
        const text = await readFile(join(stateDir, 'rpc.json'), 'utf8').catch(() => undefined);
        return text === undefined ? undefined : (JSON.parse(text) as { port: number });
      });
      assert.is((await fetch(`http://127.0.0.1:${address.port}/`)).ok, true);
      const given = (await readFile(temp.join('arguments'), 'utf8')).trim().split('\n');
      assert.equal(given, [`--user-data-dir=${join(stateDir, 'nw')}`, ...flags.slice(1)]);
    } finally {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  });

if (!isWindows)
  test('starts through a link, as an installed command does', async ({ temp, installed }) => {
    await symlink(join(installed.folder, 'lanspread'), temp.join('lanspread'));
    const child = spawn(temp.join('lanspread'), ['--version'], { env: {}, stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    assert.match(line, /^\d+\.\d+\.\d+$/);
  });

test.run();
