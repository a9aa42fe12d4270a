import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { membersOf } from '../../../app/core/play/process-tree.ts';
import { windowsFacts } from '../../../app/core/play/windows/process-list.ts';

const none = new Map<number, number>();
const pidsOf = (members: readonly { pid: number }[]): number[] => members.map(({ pid }) => pid).sort((a, b) => a - b);

test('a process has its parent, its session and when it was created', () => {
  const listed = [
    { pid: 8, parentPid: 4, createdAt: 200n },
    { pid: 4, parentPid: 0, createdAt: undefined },
  ];
  assert.equal(windowsFacts(listed, new Map([[8, 8]])), [
    { pid: 8, parentPid: 4, sessionId: 8, startedAt: '200' },
    { pid: 4, parentPid: 0, sessionId: 0, startedAt: '' },
  ]);
});

test('who is younger than its child has only got the pid of the parent that is gone', () => {
  const facts = windowsFacts(
    [
      { pid: 8, parentPid: 4, createdAt: 100n },
      { pid: 4, parentPid: 0, createdAt: 200n },
      { pid: 12, parentPid: 4, createdAt: 300n },
    ],
    none,
  );
  assert.equal(pidsOf(membersOf(facts, { known: [{ pid: 4, startedAt: '200' }], sessionId: 0 })), [4, 12]);
});

test('members of a job belong to the game although all between them and the first are gone', () => {
  const facts = windowsFacts(
    [
      { pid: 40, parentPid: 20, createdAt: 400n },
      { pid: 44, parentPid: 40, createdAt: 500n },
      { pid: 50, parentPid: 20, createdAt: 400n },
    ],
    new Map([[40, 8]]),
  );
  assert.equal(pidsOf(membersOf(facts, { known: [{ pid: 8, startedAt: '100' }], sessionId: 8 })), [40, 44]);
});

test.run();
