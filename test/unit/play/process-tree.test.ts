import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ProcessFacts } from '../../../app/core/play/process-tree.ts';
import { membersOf } from '../../../app/core/play/process-tree.ts';

const facts = (pid: number, parentPid: number, sessionId: number, startedAt = `t${pid}`): ProcessFacts => ({
  pid,
  parentPid,
  sessionId,
  startedAt,
});

const pids = (...args: Parameters<typeof membersOf>): number[] =>
  membersOf(...args)
    .map(({ pid }) => pid)
    .toSorted((a, b) => a - b);

const test = suite("a game's processes");

test('whoever belongs to the session of the first process, and all their descendants', () => {
  const processes = [facts(1, 0, 1), facts(10, 1, 10), facts(11, 10, 10), facts(12, 11, 12), facts(99, 1, 99)];
  assert.equal(pids(processes, { known: [], sessionId: 10 }), [10, 11, 12]);
});

test('a game whose launcher has ended is still there through its session', () => {
  assert.equal(pids([facts(1, 0, 1), facts(11, 1, 10)], { known: [], sessionId: 10 }), [11]);
});

test('one that left the session is kept as it was known, and so are its children', () => {
  const processes = [facts(12, 1, 12), facts(13, 12, 12)];
  assert.equal(pids(processes, { known: [{ pid: 12, startedAt: 't12' }], sessionId: 10 }), [12, 13]);
});

test('another process with a pid of before is not taken for it', () => {
  assert.equal(pids([facts(12, 1, 12, 'later')], { known: [{ pid: 12, startedAt: 't12' }], sessionId: 10 }), []);
});

test('where there are no sessions the parents alone tell', () => {
  const processes = [facts(10, 4, 0), facts(11, 10, 0), facts(50, 4, 0)];
  assert.equal(pids(processes, { known: [{ pid: 10, startedAt: 't10' }], sessionId: 0 }), [10, 11]);
});

test('a circle of parents, as reused pids can make one, ends', () => {
  const processes = [facts(10, 11, 10), facts(11, 10, 10)];
  assert.equal(pids(processes, { known: [], sessionId: 10 }), [10, 11]);
});

test.run();
