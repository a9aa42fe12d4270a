import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { leadsOut } from '../../../app/ui/state/leads-out.ts';
import { driftRows } from '../../../app/ui/state/drift.ts';

const plain = { ctrlKey: false, metaKey: false, altKey: false };

test('keys that lead out of a locked window are known, with either command key and in capitals', () => {
  for (const key of ['p', 's', 'u', 'o', 'n', 't', 'w', 'r', 'P', 'I', 'J']) {
    assert.ok(leadsOut({ ...plain, key, ctrlKey: true }), `Ctrl+${key}`);
    assert.ok(leadsOut({ ...plain, key, metaKey: true }), `Cmd+${key}`);
  }
  for (const key of ['F5', 'F11', 'F12', 'BrowserHome']) assert.ok(leadsOut({ ...plain, key }), key);
  for (const key of ['ArrowLeft', 'ArrowRight', 'Home'])
    assert.ok(leadsOut({ ...plain, key, altKey: true }), `Alt+${key}`);
});

test('what a player needs stays: typing, moving, copying a name, the way in for the operator', () => {
  for (const key of ['p', 's', '/', 'Enter', 'Escape', 'ArrowLeft', 'Home', 'Tab'])
    assert.not(leadsOut({ ...plain, key }), key);
  for (const key of ['c', 'v', 'a', 'k', 'K']) assert.not(leadsOut({ ...plain, key, ctrlKey: true }), `Ctrl+${key}`);
});

test('three rows of covers drift by, with games or without any', () => {
  const games = Array.from({ length: 5 }, (_, index) => ({
    id: `g${index}`,
    title: `G ${index}`,
    genres: [],
    hasCover: false,
  }));
  for (const rows of [driftRows(games), driftRows([])]) {
    assert.equal(
      rows.map(({ length }) => length),
      [12, 12, 12],
    );
    for (const row of rows) {
      assert.is(new Set(row.map(({ key }) => key)).size, 12);
      for (const [index, { game }] of row.entries()) assert.is.not(game.id, row[index + 1]?.game.id);
    }
  }
});

test.run();
