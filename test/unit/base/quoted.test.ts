import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { jsonLine, quoted } from '../../../app/core/base/index.ts';

test('a name in a message shows everything that is in it', () => {
  assert.is(quoted('caf\u00e9 "1"'), '"caf\u00e9 \\"1\\""');
  assert.is(quoted('game\u202eexe.txt'), '"game\\u202eexe.txt"');
  assert.is(quoted('a\u007fb\u0085c\u2028d\u200be\ufefff'), '"a\\u007fb\\u0085c\\u2028d\\u200be\\ufefff"');
});

test('a message is one line to every reader, and the same when it is read', () => {
  const message = { event: 'x', path: 'a\u2028b\u2029c\u0085d\n\u202e' };
  const line = jsonLine(message);
  assert.equal(line.split(/[\n\r\u0085\u2028\u2029]/).filter((part) => part !== '').length, 1);
  assert.equal(JSON.parse(line), message);
});

test.run();
