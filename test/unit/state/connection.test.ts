import Sqlite from 'better-sqlite3';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError } from '../../../app/core/base/index.ts';
import { Connection } from '../../../app/core/state/connection.ts';
import { numberOf } from '../../../app/core/state/row.ts';
import { tempDir } from '../../support/temp.ts';

const [normal, full] = [1, 2];

async function withConnection(work: (connection: Connection, database: Sqlite.Database) => void): Promise<void> {
  await using temp = await tempDir('connection');
  const database = new Sqlite(temp.join('x.db'));
  using connection = new Connection(database);
  database.exec('CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT');
  work(connection, database);
}

const level = (database: Sqlite.Database): unknown => database.pragma('synchronous', { simple: true });

test('durable work is flushed to the disk, other work is not, and the level goes back in every case', () =>
  withConnection((connection, database) => {
    assert.is(level(database), normal);
    assert.is(
      connection.durably(() => level(database)),
      full,
    );
    assert.is(level(database), normal);
    assert.is(
      connection.transaction(() => level(database)),
      normal,
    );
    assert.throws(() => {
      connection.durably(() => {
        throw new Error('no');
      });
    });
    assert.is(level(database), normal);
    assert.is(
      connection.durably(() => connection.durably(() => level(database))),
      full,
    );
  }));

test('a database error leaves with a code and its cause', () =>
  withConnection((connection) => {
    const put = connection.command<[number]>('INSERT INTO t (a) VALUES (?)');
    put(1);
    assert.throws(
      () => put(1),
      (error: unknown) =>
        error instanceof LanspreadError && error.code === 'IO_ERROR' && error.cause instanceof Sqlite.SqliteError,
    );
  }));

test('a full disk is told as such and rolls back', () =>
  withConnection((connection, database) => {
    database.exec('CREATE TABLE big (b BLOB)');
    database.pragma(`max_page_count = ${Number(database.pragma('page_count', { simple: true })) + 2}`);
    const put = connection.command<[Uint8Array]>('INSERT INTO big (b) VALUES (?)');
    assert.throws(
      () => connection.transaction(() => put(Buffer.alloc(1_000_000))),
      (error: unknown) =>
        error instanceof LanspreadError && error.code === 'DISK_FULL' && error.message.includes('state directory'),
    );
    const count = connection.query<[], number>('SELECT count(*) AS n FROM big', (row) => numberOf(row, 'n'));
    assert.is(count.get(), 0);
  }));

test('a column that does not hold what it should is STATE_CORRUPT and names the column', () =>
  withConnection((connection) => {
    const wrong = connection.query<[], number>("SELECT 'text' AS n", (row) => numberOf(row, 'n'));
    assert.throws(
      () => wrong.get(),
      (error: unknown) =>
        error instanceof LanspreadError && error.code === 'STATE_CORRUPT' && error.details['column'] === 'n',
    );
  }));

test.run();
