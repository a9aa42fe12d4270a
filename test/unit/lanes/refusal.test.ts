import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { errorTable, type ErrorCode } from '../../../app/core/base/index.ts';
import { refusalOf } from '../../../app/core/lanes/refusal.ts';

const ofGate =
  'GAME_NOT_FOUND MANIFEST_PENDING MANIFEST_MISMATCH BLOCK_NOT_AVAILABLE NOT_SERVED TOO_MANY_REQUESTS'.split(' ');

test('a peer refuses with the codes of a serve gate alone: its full disk is not ours', () => {
  for (const code of Object.keys(errorTable) as ErrorCode[]) {
    const { code: told, details, message } = refusalOf({ code, message: 'no' }, 'peer');
    assert.is(told, ofGate.includes(code) ? code : 'NOT_SERVED');
    assert.equal([details['peerId'], message], ['peer', 'no']);
  }
  assert.is(refusalOf({ code: 'made up', message: '' }, 'peer').code, 'NOT_SERVED');
});

test.run();
