import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseGameId } from '../../../app/core/base/index.ts';
import { moveInQueue, startable } from '../../../app/core/operations/queue.ts';

const [a, b, c] = ['a', 'b', 'c'].map(parseGameId) as [
  ReturnType<typeof parseGameId>,
  ReturnType<typeof parseGameId>,
  ReturnType<typeof parseGameId>,
];

test('an entry moves to its place, clamped to the ends; an unknown one moves nothing', () => {
  assert.equal(moveInQueue([a, b, c], c, 0), [c, a, b]);
  assert.equal(moveInQueue([a, b, c], a, 1), [b, a, c]);
  assert.equal(moveInQueue([a, b, c], a, 99), [b, c, a]);
  assert.equal(moveInQueue([a, b, c], b, -5), [b, a, c]);
  assert.equal(moveInQueue([a, b], c, 0), [a, b]);
});

test('as many start as there is room for, the first ones first', () => {
  assert.equal(startable([a, b, c], { running: 0, limit: 2 }), [a, b]);
  assert.equal(startable([a, b, c], { running: 1, limit: 2 }), [a]);
  assert.equal(startable([a, b, c], { running: 2, limit: 2 }), []);
  assert.equal(startable([a], { running: 5, limit: 2 }), []);
});

test.run();
