/** `lanspread catalog …` as operators run it: real processes, real keys, and a launcher that runs already. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addCatalogCommands } from '../../../app/cli/commands/catalog.ts';
import { writeCatalog } from '../../support/catalogs.ts';
import { rawZip } from '../../support/raw-zip.ts';
import { makeGame } from '../../support/games.ts';
import { PeerProcess } from '../../support/peer.ts';
import { tempDir, type TempDir } from '../../support/temp.ts';

const program = fileURLToPath(new URL('../../../app/cli/lanspread.mjs', import.meta.url));

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Rig {
  folder: TempDir;
  peer: PeerProcess;
  /** `lanspread catalog …`, with this rig's state directory where one is taken. */
  catalog: (...args: string[]) => Promise<Ran>;
}

const test = suite<Rig>('lanspread catalog');
const withState = new Set(['import', 'list', 'remove', 'order', 'refresh', 'configure', 'verify', 'trust']);

test.before.each(async (rig) => {
  rig.folder = await tempDir('catalog-cli');
  const { folder } = rig;
  await mkdir(folder.join('mine'));
  await writeCatalog(folder.join('empty.json'), [], 'Empty');
  rig.peer = await PeerProcess.start({
    name: 'seat',
    gamesDir: folder.join('mine'),
    stateDir: folder.join('state'),
    catalog: folder.join('empty.json'),
  });
  rig.catalog = (name = '', ...args) => {
    const flags = withState.has(name) ? ['--state-dir', folder.join('state')] : [];
    const { promise, resolve } = Promise.withResolvers<Ran>();
    execFile(
      process.execPath,
      [program, 'catalog', name, ...args, ...flags],
      { cwd: folder.path, timeout: 60_000 },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr }),
    );
    return promise;
  };
});

test.after.each(async ({ folder, peer }) => {
  await peer[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** A games folder of two games, one of them described. */
async function makeGames(folder: TempDir): Promise<void> {
  await makeGame(folder.join('games'), { id: 'saga', loose: [{ path: 'data/a.bin', sizeBytes: 5_000_000 }] });
  await makeGame(folder.join('games'), { id: 'tale', version: '2', loose: [{ path: 'b.bin', sizeBytes: 10 }] });
  await writeFile(folder.join('games/saga.json'), JSON.stringify({ title: 'The Saga', genres: ['Epos'] }));
}

test('from a folder of games to a signed, trusted, imported catalog', async ({ folder, catalog }) => {
  await makeGames(folder);
  const built = await catalog('build', 'games', '--pin', '--name', 'Friday', '--json');
  assert.is(built.code, 0, built.stderr);
  assert.equal(JSON.parse(built.stdout), {
    path: folder.join('games/catalog.json'),
    gameCount: 2,
    pinnedCount: 2,
    problems: [],
  });
  const first = await readFile(folder.join('games/catalog.json'), 'utf8');
  const [saga, tale] = JSON.parse(first).games;
  assert.equal([saga.id, saga.title, saga.version, saga.sizeBytes], ['saga', 'The Saga', '1.0', 5_000_000]);
  assert.equal([tale.id, tale.title, tale.version, tale.sizeBytes], ['tale', 'tale', '2', 10]);
  assert.match(saga.manifestRoot, /^[0-9a-f]{64}$/);
  await catalog('build', 'games', '--pin', '--name', 'Friday');
  assert.is(await readFile(folder.join('games/catalog.json'), 'utf8'), first, 'the same folder gives the same bytes');

  assert.is((await catalog('keygen', 'cafe')).code, 0);
  if (process.platform !== 'win32') assert.is((await stat(folder.join('cafe.key'))).mode & 0o777, 0o600);
  const again = await catalog('keygen', 'cafe');
  assert.is(again.code, 1);
  assert.match(again.stderr, 'already');
  assert.is((await catalog('sign', 'games/catalog.json', '--key', 'cafe.key')).code, 0);
  assert.is((await catalog('verify', 'games/catalog.json', '--key', 'cafe.pub')).code, 0);

  const untrusted = await catalog('import', 'games/catalog.json', '--json');
  assert.is(untrusted.code, 1);
  assert.is(JSON.parse(untrusted.stdout).error.code, 'SIGNATURE_INVALID');
  assert.is((await catalog('trust', 'cafe.pub')).code, 0);
  const imported = await catalog('import', 'games/catalog.json');
  assert.is(imported.stdout, 'Friday: 2 games (signed by cafe).\n');

  await writeFile(folder.join('games/catalog.json'), first.replace('The Saga', 'The Fake'));
  for (const command of ['verify', 'import']) {
    const refused = await catalog(command, 'games/catalog.json');
    assert.is(refused.code, 1, command);
    assert.match(refused.stderr, 'SIGNATURE_INVALID');
  }
  const { sources } = JSON.parse((await catalog('list', '--json')).stdout);
  assert.equal(
    sources.map(({ name, signedBy }: { name: string; signedBy?: { name: string } }) => [name, signedBy?.name]),
    [
      ['Empty', undefined],
      ['Friday', 'cafe'],
    ],
  );
});

test('catalogs are ordered and removed by name or id; unknown ones are refused by name', async ({
  folder,
  catalog,
}) => {
  await mkdir(folder.join('lists'));
  for (const name of ['A', 'B']) {
    const games = [{ id: 'saga', title: `Of ${name}`, version: '1' }];
    await writeFile(folder.join(`lists/${name}.json`), JSON.stringify({ formatVersion: 1, name, games }));
    const imported = await catalog('import', `lists/${name}.json`);
    assert.is(imported.stdout, `${name}: 1 game (unsigned).\n`);
  }
  const namesOf = ({ stdout }: Ran): string[] => JSON.parse(stdout).sources.map(({ name }: { name: string }) => name);
  assert.equal(namesOf(await catalog('list', '--json')), ['Empty', 'A', 'B']);
  assert.equal(namesOf(await catalog('order', 'B', '--json')), ['B', 'Empty', 'A']);
  const unknown = await catalog('remove', 'C');
  assert.is(unknown.code, 1);
  assert.match(unknown.stderr, '"C"');
  assert.is((await catalog('remove', 'B')).code, 0);
  const table = await catalog('list');
  assert.match(table.stdout, 'unsigned');
  assert.not.match(table.stdout, 'lists/B.json');
});

test('games that cannot be installed are named while the catalog is made', async ({ folder, catalog }) => {
  const archives: [string, Buffer][] = [
    ['fine', rawZip([{ name: 'a.txt', bytes: 'a' }])],
    ['device', rawZip([{ name: 'data/aux.cfg', bytes: 'a' }])],
    ['page', Buffer.from('<!doctype html>')],
    ['query', rawZip([{ name: 'why?.txt', bytes: 'a' }])],
  ];
  for (const [id, bytes] of archives) {
    await makeGame(folder.join('games'), { id });
    await writeFile(folder.join(`games/${id}/${id}.eti`), bytes);
  }
  const built = await catalog('build', 'games', '--json');
  assert.is(built.code, 1, 'a game that nobody can install');
  const { gameCount, problems } = JSON.parse(built.stdout);
  assert.is(gameCount, 4);
  const told = problems.map(({ gameId, where, code }: Record<string, string>) => `${gameId} ${where} ${code}`);
  const windows = process.platform === 'win32' ? 'everywhere' : 'windows';
  assert.equal(told, [
    'device everywhere ARCHIVE_UNSUITABLE',
    'page everywhere NO_UNPACKER',
    `query ${windows} ARCHIVE_UNSUITABLE`,
  ]);
  const text = (await catalog('build', 'games')).stdout;
  assert.match(
    text,
    'No PC can install device: device.eti: "data/aux.cfg" has a segment that is a reserved Windows name',
  );
});

test('what is wrong is told with its file and field, and with an exit code', async ({ folder, catalog }) => {
  await mkdir(folder.join('games'));
  await writeFile(folder.join('games/bad.json'), JSON.stringify({ title: 'x' }));
  const built = await catalog('build', 'games');
  assert.is(built.code, 1);
  assert.match(built.stderr, 'games/bad.json: version'.replace('games/', ''));
  assert.is((await catalog('build', 'nowhere')).code, 1);
  assert.is((await catalog('sign', 'none.json')).code, 2);
  assert.match((await catalog('configure', 'nobody/list', '{}')).stderr, 'UNKNOWN_CATALOG');
});

test('every command has an example in its help', () => {
  const program = new Command();
  addCatalogCommands(program);
  const commands = program.commands[0]?.commands ?? [];
  assert.ok(commands.length >= 11);
  for (const command of commands) {
    let help = '';
    command.configureOutput({ writeOut: (text) => void (help += text) }).outputHelp();
    assert.match(help, new RegExp(`Example:\\n {2}\\$ lanspread catalog ${command.name()} `), command.name());
  }
});

test.run();
