import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { backlogLength, nextAnnouncement, remember } from '../../../../app/core/peers/session/updates.ts';
import type { LibraryDelta } from '../../../../app/core/protocol/index.ts';

const delta = (from: number, to = from + 1): LibraryDelta => ({ from, to, upserts: [], removed: [], digest: '' });

test('who knows the newest revision is told nothing', () => {
  assert.equal(nextAnnouncement({ toldRevision: 5, revision: 5, backlog: [delta(4)] }), { kind: 'nothing' });
});

test('who is a few changes behind is told them one after the other', () => {
  const backlog = [delta(3), delta(4)];
  assert.equal(nextAnnouncement({ toldRevision: 3, revision: 5, backlog }), { kind: 'delta', delta: delta(3) });
  assert.equal(nextAnnouncement({ toldRevision: 4, revision: 5, backlog }), { kind: 'delta', delta: delta(4) });
});

test('who is behind what is remembered is told the whole', () => {
  assert.equal(nextAnnouncement({ toldRevision: 2, revision: 5, backlog: [delta(3), delta(4)] }), { kind: 'whole' });
  assert.equal(nextAnnouncement({ toldRevision: 2, revision: 5, backlog: [] }), { kind: 'whole' });
});

test('the backlog forgets the oldest, and everything where a change is missing', () => {
  let backlog: readonly LibraryDelta[] = [];
  for (let revision = 0; revision < backlogLength + 10; revision += 1) backlog = remember(backlog, delta(revision));
  assert.is(backlog.length, backlogLength);
  assert.is(backlog[0]?.from, 10);
  assert.equal(remember(backlog, delta(500)), [delta(500)]);
});

test.run();
