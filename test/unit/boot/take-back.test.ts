import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import fs from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { copyToRestore, databaseCopies, restoreDatabase } from '../../../app/boot/take-back.mjs';
import { tempDir, type TempDir } from '../../support/temp.ts';

const test = suite('taking the state back');

test('the copy from before the first migration is the one, not an older one that lay there', () => {
  const before = { 'lanspread.db.backup-v3': 1 };
  const now = { ...before, 'lanspread.db.backup-v4': 2, 'lanspread.db.backup-v5': 3 };
  assert.is(copyToRestore(before, now), 'lanspread.db.backup-v4');
  assert.is(copyToRestore(before, before), undefined);
  assert.is(copyToRestore({ 'lanspread.db.backup-v9': 1 }, { 'lanspread.db.backup-v9': 2 }), 'lanspread.db.backup-v9');
  const ten = { 'lanspread.db.backup-v10': 1, 'lanspread.db.backup-v9': 1 };
  assert.is(copyToRestore({}, ten), 'lanspread.db.backup-v9');
});

const copy = 'lanspread.db.backup-v4';

function fill(temp: TempDir): void {
  writeFileSync(temp.join(copy), 'old');
  for (const [suffix, text] of [
    ['', 'new'],
    ['-wal', 'log'],
    ['-shm', 'memory'],
  ])
    writeFileSync(temp.join(`lanspread.db${suffix}`), text ?? '');
}

const read = (temp: TempDir, name: string): string => readFileSync(temp.join(name), 'utf8');

function assertTakenBack(temp: TempDir, aside: string): void {
  assert.is(read(temp, 'lanspread.db'), 'old');
  assert.equal([existsSync(temp.join('lanspread.db-wal')), existsSync(temp.join('lanspread.db-shm'))], [false, false]);
  assert.equal([read(temp, aside), read(temp, `${aside}-wal`)], ['new', 'log']);
  assert.is(read(temp, copy), 'old');
  assert.not.ok(readdirSync(temp.path).some((name) => name.includes('restoring')));
}

test('the old database is in place, and what the newer version made of it is kept', async () => {
  await using temp = await tempDir('take-back');
  fill(temp);
  assert.equal(Object.keys(databaseCopies(temp.path)), [copy]);
  assertTakenBack(temp, restoreDatabase(temp.path, { copy, from: '0.2.0' }));
});

/** Every call that changes the disk; a kill comes before the n-th of them. */
const changes = ['copyFileSync', 'fsyncSync', 'renameSync'] as const;

function withKillBefore(step: number, work: () => void): boolean {
  let done = 0;
  const originals = changes.map((name) => [name, fs[name]] as const);
  for (const [name, original] of originals)
    Object.assign(fs, {
      [name]: (...args: unknown[]) => {
        done += 1;
        if (done === step) throw new Error('killed');
        return Reflect.apply(original, fs, args);
      },
    });
  syncBuiltinESMExports();
  try {
    work();
    return false;
  } catch (error) {
    if (error instanceof Error && error.message === 'killed') return true;
    throw error;
  } finally {
    for (const [name, original] of originals) Object.assign(fs, { [name]: original });
    syncBuiltinESMExports();
  }
}

test('killed before any of its steps, it is finished by the next call', async () => {
  let step = 1;
  for (; ; step += 1) {
    await using temp = await tempDir('take-back');
    fill(temp);
    const work = (): void => void restoreDatabase(temp.path, { copy, from: '0.2.0' });
    const wasKilled = withKillBefore(step, work);
    work();
    assertTakenBack(temp, 'lanspread.db.from-0.2.0');
    if (!wasKilled) break;
  }
  assert.ok(step > 5, `${step} steps`);
});

test.run();
