import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError, parseGameId } from '../../../app/core/base/index.ts';
import { openState, type OpenedState } from '../../../app/core/state/index.ts';
import { isFatal, toStateError } from '../../../app/core/state/sqlite-error.ts';
import { tempDir } from '../../support/temp.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

interface Watched {
  readonly opened: OpenedState;
  readonly clock: VirtualClock;
  readonly path: string;
  /** Of the watch: undefined while it goes on. */
  outcome(): LanspreadError | 'ended' | undefined;
  end(): void;
}

const isWindows = process.platform === 'win32';

async function watching(work: (watched: Watched) => Promise<void>): Promise<void> {
  await using temp = await tempDir('state-watch');
  const clock = new VirtualClock();
  const opened = openState({ directory: temp.path, clock });
  const ending = new AbortController();
  let outcome: LanspreadError | 'ended' | undefined;
  const watch = opened.watch(ending.signal).then(
    () => (outcome = 'ended'),
    (error: unknown) => {
      if (!(error instanceof LanspreadError)) throw error;
      outcome = error;
    },
  );
  try {
    await work({ opened, clock, path: temp.join('lanspread.db'), outcome: () => outcome, end: () => ending.abort() });
  } finally {
    ending.abort();
    await watch;
    opened.state[Symbol.dispose]();
  }
  assert.is(clock.pendingCount, 0);
}

test('a database that is used as usual never fails, and the watch ends when it is told to', () =>
  watching(async ({ opened: { state }, clock, outcome, end }) => {
    for (let round = 0; round < 10; round += 1) {
      state.settings.set('playerName', `anna ${round}`);
      await clock.advance(5_000);
    }
    assert.is(outcome(), undefined);
    end();
    await clock.advance(1);
    assert.is(outcome(), 'ended');
  }));

for (const [what, happens] of [
  ['deleted', (path: string) => rmSync(path)],
  ['moved away', (path: string) => renameSync(path, `${path}.elsewhere`)],
  [
    'replaced',
    (path: string) => {
      renameSync(path, `${path}.elsewhere`);
      writeFileSync(path, '');
    },
  ],
] as const) {
  test(`a database that is ${what} while it is in use has failed within 5 s`, () =>
    watching(async ({ clock, path, outcome }) => {
      if (isWindows) {
        // SQLite lets nobody delete or move what it has open.
        assert.throws(
          () => happens(path),
          ({ code }: NodeJS.ErrnoException) => code === 'EBUSY' || code === 'EPERM',
        );
        await clock.advance(5_000);
        assert.is(outcome(), undefined);
        return;
      }
      happens(path);
      await clock.advance(5_000);
      const error = outcome();
      if (!(error instanceof LanspreadError)) throw new Error(String(error));
      assert.is(error.code, 'STATE_CORRUPT');
      assert.match(error.message, path);
    }));
}

test('a page that cannot be read any more is a failure at once: to the caller, and for good', () =>
  watching(async ({ opened: { state, watch }, clock, path, outcome }) => {
    const root = (index: number): string => `/games/${String(index).padStart(300, '0')}`;
    // More than is kept in memory, and out of the log into the file.
    state.transaction(() => {
      for (let index = 0; index < 20_000; index += 1)
        state.library.setInstalledVersion(root(index), parseGameId(`game-${index}`), 'v'.repeat(200));
    });
    assert.ok(statSync(path).size > 4_000_000, 'the file holds it');
    writeFileSync(path, Buffer.alloc(statSync(path).size, 0x5a));
    let thrown: unknown;
    try {
      for (let index = 0; index < 20_000; index += 1) state.library.get(root(index));
    } catch (error) {
      thrown = error;
    }
    assert.ok(thrown instanceof LanspreadError && thrown.code === 'STATE_CORRUPT', String(thrown));
    await clock.advance(1);
    assert.is(outcome(), thrown);
    await watch(new AbortController().signal).then(
      () => assert.unreachable('who watches later hears of it, too'),
      (error: unknown) => assert.is(error, thrown),
    );
  }));

test('an error of the caller is no failure of the database', () =>
  watching(async ({ opened: { state }, clock, outcome }) => {
    assert.throws(() =>
      state.transaction(() => {
        throw new Error('the caller thought better of it');
      }),
    );
    await clock.advance(5_000);
    assert.is(outcome(), undefined);
  }));

test('damage and a disk that fails are for good; a full disk, open files and a lock pass', () => {
  const isFor = (code: string): boolean => isFatal(toStateError(new Sqlite.SqliteError('told', code)));
  for (const code of [
    'SQLITE_CORRUPT',
    'SQLITE_CORRUPT_INDEX',
    'SQLITE_NOTADB',
    'SQLITE_IOERR_READ',
    'SQLITE_READONLY_DBMOVED',
  ])
    assert.ok(isFor(code), code);
  for (const code of [
    'SQLITE_FULL',
    'SQLITE_IOERR_SHMSIZE',
    'SQLITE_CANTOPEN',
    'SQLITE_BUSY',
    'SQLITE_CONSTRAINT_UNIQUE',
  ])
    assert.not(isFor(code), code);
  assert.not(isFatal(new Error('something else')));
});

test.run();
