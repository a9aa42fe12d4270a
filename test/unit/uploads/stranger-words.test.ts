import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { errorTable, LanspreadError } from '../../../app/core/base/index.ts';
import { wordsForStrangers } from '../../../app/core/uploads/stranger-words.ts';

const paths = ['/home/anna/games/quake/quake.eti', 'C:\\Users\\Anna\\quake.eti', '\\\\nas\\games\\quake.eti'];

test('no path of this PC is in what another one is told of an error', () => {
  for (const path of paths) {
    const errors = [
      new LanspreadError('ARCHIVE_CORRUPT', { message: `7-Zip stopped: ERROR: ${path} : Cannot open`, cause: path }),
      new LanspreadError('UNPACKER_FAILED', { message: `The unpacker stopped: ${path}`, details: { path } }),
      Object.assign(new Error(`ENOENT: no such file or directory, open '${path}'`), { code: 'ENOENT' }),
      Object.assign(new Error(`EACCES: permission denied, open '${path}'`), { code: 'EACCES' }),
      new TypeError(`cannot read ${path}`),
    ];
    for (const error of errors) {
      assert.not.match(JSON.stringify(wordsForStrangers(error)), /anna|nas/i);
      assert.not.match(JSON.stringify(wordsForStrangers(error, new Set(['ARCHIVE_CORRUPT']))), /anna|nas/i);
    }
  }
});

test('what is wrong is told nevertheless, with the names inside the game', () => {
  const details = { file: 'quake.eti', entry: 'data/aux.cfg', reason: 'device-name' };
  assert.equal(wordsForStrangers(new LanspreadError('ARCHIVE_UNSUITABLE', { details })), {
    code: 'ARCHIVE_UNSUITABLE',
    message: errorTable.ARCHIVE_UNSUITABLE.message + ' ("data/aux.cfg" in "quake.eti")',
  });
  const killed = new LanspreadError('UNPACKER_FAILED', { details: { exitCode: null } });
  assert.match(wordsForStrangers(killed).message, 'something else on the PC ended it');
  assert.is(wordsForStrangers(new LanspreadError('STATE_CORRUPT'), new Set(['NOT_SERVED'])).code, 'NOT_SERVED');
  assert.is(wordsForStrangers(new TypeError('a mistake')).code, 'NOT_SERVED');
});

test.run();
