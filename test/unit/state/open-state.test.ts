import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError, parseGameId } from '../../../app/core/base/index.ts';
import { openState } from '../../../app/core/state/index.ts';
import { backupPath } from '../../../app/core/state/migrate.ts';
import { migrations } from '../../../app/core/state/migrations/index.ts';
import { tempDir } from '../../support/temp.ts';

const clock = {
  now: () => Date.UTC(2026, 10, 21, 1, 2, 3, 45),
  monotonicMs: () => 0,
  timeout: () => ({ [Symbol.dispose]() {} }),
  interval: () => ({ [Symbol.dispose]() {} }),
};

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof LanspreadError && error.code === code;
}

/** A state with one setting and one intent, closed. */
function seed(directory: string): void {
  using state = openState({ directory }).state;
  state.settings.set('playerName', 'Ada');
  state.intents.put({
    root: '/games/quake',
    gameId: parseGameId('quake'),
    kind: 'Installing',
    version: '1',
    madeRoot: false,
    startedAt: 1,
  });
}

// The names are a contract.
// biome-ignore format: a list
const tables = [
  'settings', 'catalog_source', 'catalog_game', 'library_game', 'file_block', 'intent', 'partial', 'install_inventory',
  'peer', 'play_session', 'extension',
];

test('every table of the contract exists, and games are searched with FTS5', async () => {
  await using temp = await tempDir();
  openState({ directory: temp.path }).state[Symbol.dispose]();
  const database = new Sqlite(temp.join('lanspread.db'), { readonly: true });
  const found = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
  for (const table of tables) assert.ok(found.includes(table), table);
  const search = database.prepare("SELECT sql FROM sqlite_schema WHERE name = 'catalog_search'").pluck().get();
  assert.match(String(search), /USING fts5/);
  assert.is(database.pragma('user_version', { simple: true }), migrations.length);
  assert.is(database.pragma('journal_mode', { simple: true }), 'wal');
  database.close();
});

test('a missing state directory and database are made, private to the user', async () => {
  await using temp = await tempDir();
  const directory = temp.join('deep', 'state');
  const { state, movedAside } = openState({ directory });
  using _state = state;
  assert.is(movedAside, undefined);
  assert.is(state.directory, directory);
  if (process.platform === 'win32') return;
  assert.is(statSync(directory).mode & 0o777, 0o700);
  for (const name of readdirSync(directory)) assert.is(statSync(join(directory, name)).mode & 0o777, 0o600, name);
});

test('what was written is there again after closing and opening', async () => {
  await using temp = await tempDir();
  seed(temp.path);
  using state = openState({ directory: temp.path }).state;
  assert.is(state.settings.get('playerName'), 'Ada');
  assert.is(state.intents.all().length, 1);
});

test('what was written is there after a crash that left only the log', async () => {
  await using temp = await tempDir();
  await using crashed = await tempDir();
  using state = openState({ directory: temp.path }).state;
  state.settings.set('playerName', 'Ada');
  // What a killed process leaves: the files as they are, nothing closed.
  for (const name of ['lanspread.db', 'lanspread.db-wal']) await copyFile(temp.join(name), crashed.join(name));
  const { state: again, movedAside } = openState({ directory: crashed.path });
  using _again = again;
  assert.is(movedAside, undefined);
  assert.is(again.settings.get('playerName'), 'Ada');
});

const damages: Record<string, (path: string) => void> = {
  'that is text': (path) => writeFileSync(path, 'this is not a database'.repeat(300)),
  'of one byte': (path) => writeFileSync(path, 'x'),
  'cut short': (path) => writeFileSync(path, readFileSync(path).subarray(0, 4096 * 3 + 100)),
  'with a page overwritten': (path) => {
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0x5a, 4096 * 4, 4096 * 9));
  },
  'of another program': (path) => {
    writeFileSync(path, '');
    const database = new Sqlite(path);
    database.exec('CREATE TABLE cookies (a)');
    database.close();
  },
  'without one of its tables': (path) => {
    const database = new Sqlite(path);
    database.exec('DROP TABLE intent');
    database.close();
  },
  'with a log that is none': (path) => writeFileSync(`${path}-wal`, Buffer.alloc(100_000, 0xa5)),
  'with a log whose header is damaged': (path) => {
    const header = Buffer.alloc(32 + 24 + 4096);
    header.writeUInt32BE(0x377f0682, 0);
    header.writeUInt32BE(3_007_000, 4);
    header.writeUInt32BE(4096, 8);
    writeFileSync(`${path}-wal`, header);
  },
};

for (const [what, damage] of Object.entries(damages)) {
  test(`a database ${what} is moved aside with its log and begun anew`, async () => {
    await using temp = await tempDir();
    seed(temp.path);
    const path = temp.join('lanspread.db');
    damage(path);
    const damaged = readFileSync(path);
    const hadLog = existsSync(`${path}-wal`);
    const { state, movedAside } = openState({ directory: temp.path, clock });
    using _state = state;
    assert.is(movedAside, `${path}.corrupt-20261121T010203.045Z`);
    assert.ok(readFileSync(movedAside ?? '').equals(damaged));
    if (hadLog) assert.ok(statSync(`${movedAside}-wal`).size > 0);
    assert.equal(state.settings.all(), {});
    state.settings.set('works', true);
    assert.is(state.settings.get('works'), true);
  });
}

test('a log whose database was deleted is moved aside too', async () => {
  await using temp = await tempDir();
  {
    using state = openState({ directory: temp.path }).state;
    state.settings.set('a', 1);
    await copyFile(temp.join('lanspread.db-wal'), temp.join('kept'));
  }
  await rm(temp.join('lanspread.db'));
  await copyFile(temp.join('kept'), temp.join('lanspread.db-wal'));
  const { state, movedAside } = openState({ directory: temp.path });
  using _state = state;
  assert.ok(movedAside);
  assert.equal(readFileSync(`${movedAside}-wal`), readFileSync(temp.join('kept')));
});

test('two damaged databases at the same instant both stay', async () => {
  await using temp = await tempDir();
  const seen = new Set<string | undefined>();
  for (const text of ['first', 'second']) {
    writeFileSync(temp.join('lanspread.db'), text.repeat(500));
    const { state, movedAside } = openState({ directory: temp.path, clock });
    state[Symbol.dispose]();
    seen.add(movedAside);
  }
  assert.is(seen.size, 2);
  for (const path of seen) assert.ok(path && existsSync(path));
});

for (const header of [Buffer.alloc(20), Buffer.alloc(8_192)]) {
  test(`a log of ${header.length} zero bytes, as a power cut can leave it, costs nothing`, async () => {
    await using temp = await tempDir();
    seed(temp.path);
    writeFileSync(temp.join('lanspread.db-wal'), header);
    const { state, movedAside } = openState({ directory: temp.path });
    using _state = state;
    assert.is(movedAside, undefined);
    assert.is(state.settings.get('playerName'), 'Ada');
  });
}

test('a database of a first start that was killed before it had a table is simply filled', async () => {
  await using temp = await tempDir();
  const database = new Sqlite(temp.join('lanspread.db'));
  database.pragma('journal_mode = WAL');
  database.close();
  assert.ok(statSync(temp.join('lanspread.db')).size > 0);
  const { state, movedAside } = openState({ directory: temp.path });
  using _state = state;
  assert.is(movedAside, undefined);
  state.settings.set('a', 1);
});

test('a file that cannot be opened is an error that names it, not a reason to begin anew', async () => {
  await using temp = await tempDir();
  mkdirSync(temp.join('lanspread.db'));
  assert.throws(() => openState({ directory: temp.path }), hasCode('IO_ERROR'));
  assert.throws(() => openState({ directory: temp.path }), /lanspread\.db/);
  assert.equal(readdirSync(temp.path), ['lanspread.db']);
});

test('a damaged value of a setting is as if it had never been set; setting it again mends it', async () => {
  await using temp = await tempDir('state');
  seed(temp.path);
  const database = new Sqlite(temp.join('lanspread.db'));
  database.exec("UPDATE settings SET value = 'not JSON'");
  database.close();
  using state = openState({ directory: temp.path }).state;
  assert.is(state.settings.get('playerName'), undefined);
  assert.equal(state.settings.all(), { playerName: undefined });
  state.settings.set('playerName', 'Grace');
  assert.is(state.settings.get('playerName'), 'Grace');
});

test('a database of a newer version is refused and stays byte for byte', async () => {
  await using temp = await tempDir();
  seed(temp.path);
  const path = temp.join('lanspread.db');
  const newer = new Sqlite(path);
  newer.pragma('user_version = 999');
  newer.close();
  const before = readFileSync(path);
  assert.throws(() => openState({ directory: temp.path }), hasCode('STATE_TOO_NEW'));
  assert.equal(readFileSync(path), before);
  assert.is(
    readdirSync(temp.path).some((name) => name.includes('corrupt')),
    false,
  );
});

test('a newer version that is only in the log yet is refused too, and its log stays', async () => {
  await using temp = await tempDir();
  await using crashed = await tempDir();
  seed(temp.path);
  const newer = new Sqlite(temp.join('lanspread.db'));
  newer.pragma('user_version = 999');
  for (const name of ['lanspread.db', 'lanspread.db-wal']) await copyFile(temp.join(name), crashed.join(name));
  newer.close();
  const before = ['lanspread.db', 'lanspread.db-wal'].map((name) => readFileSync(crashed.join(name)));
  assert.throws(() => openState({ directory: crashed.path }), hasCode('STATE_TOO_NEW'));
  assert.equal(
    ['lanspread.db', 'lanspread.db-wal'].map((name) => readFileSync(crashed.join(name))),
    before,
  );
});

const next = [
  ...migrations,
  { version: migrations.length + 1, name: 'colours', sql: 'ALTER TABLE settings ADD COLUMN colour TEXT' },
];

test('a migration keeps the data and a copy of the database before it, private to the user', async () => {
  await using temp = await tempDir();
  seed(temp.path);
  const path = temp.join('lanspread.db');
  {
    using state = openState({ directory: temp.path, migrations: next }).state;
    assert.is(state.settings.get('playerName'), 'Ada');
  }
  const copyPath = backupPath(path, migrations.length);
  if (process.platform !== 'win32') assert.is(statSync(copyPath).mode & 0o777, 0o600);
  const columns = (file: string): unknown[] => {
    const database = new Sqlite(file, { readonly: true });
    const names = database.prepare("SELECT name FROM pragma_table_info('settings')").pluck().all();
    const version = database.pragma('user_version', { simple: true });
    const count = database.prepare('SELECT count(*) FROM intent').pluck().get();
    database.close();
    return [version, names.includes('colour'), count];
  };
  assert.equal(columns(copyPath), [migrations.length, false, 1]);
  assert.equal(columns(path), [migrations.length + 1, true, 1]);
});

test('the copy also has what was only in the log', async () => {
  await using temp = await tempDir();
  await using crashed = await tempDir();
  using state = openState({ directory: temp.path }).state;
  state.settings.set('late', true);
  for (const name of ['lanspread.db', 'lanspread.db-wal']) await copyFile(temp.join(name), crashed.join(name));
  openState({ directory: crashed.path, migrations: next }).state[Symbol.dispose]();
  const copy = new Sqlite(backupPath(crashed.join('lanspread.db'), migrations.length), { readonly: true });
  assert.is(copy.prepare("SELECT value FROM settings WHERE name = 'late'").pluck().get(), 'true');
  copy.close();
});

test('a new database needs no copy', async () => {
  await using temp = await tempDir();
  openState({ directory: temp.path, migrations: next }).state[Symbol.dispose]();
  assert.is(
    readdirSync(temp.path).some((name) => name.includes('backup')),
    false,
  );
});

test('a migration that fails changes nothing, and what it was given stays', async () => {
  await using temp = await tempDir();
  seed(temp.path);
  const broken = [
    ...migrations,
    { version: migrations.length + 1, name: 'broken', sql: 'CREATE TABLE half (a); INSERT INTO nowhere VALUES (1)' },
  ];
  assert.throws(() => openState({ directory: temp.path, migrations: broken }), hasCode('IO_ERROR'));
  using state = openState({ directory: temp.path }).state;
  assert.is(state.settings.get('playerName'), 'Ada');
});

test('the numbers of the migrations have no gap', () => {
  assert.equal(
    migrations.map(({ version }) => version),
    migrations.map((_, index) => index + 1),
  );
});

test.run();
