import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { leadsOut } from '../../../app/ui/screens/kiosk/leads-out.ts';
import { driftRows } from '../../../app/ui/game/drift.ts';

const plain = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };

test('keys that lead out of a locked window are known, with either command key and in capitals', () => {
  const letters = Array.from('bdefghijlmnopqrstuwBDEFGHIJLMNOPQRSTUW0123456789+-=,.[]/');
  for (const key of [...letters, 'Tab', 'PageUp', 'PageDown', 'F4', 'Escape', '\\']) {
    assert.ok(leadsOut({ ...plain, key, ctrlKey: true }), `Ctrl+${key}`);
    assert.ok(leadsOut({ ...plain, key, metaKey: true }), `Cmd+${key}`);
  }
  for (const key of ['a', 'c', 'i', 'T', 'A', 'Delete'])
    assert.ok(leadsOut({ ...plain, key, ctrlKey: true, shiftKey: true }), `Ctrl+Shift+${key}`);
  for (const key of ['F1', 'F3', 'F5', 'F6', 'F7', 'F10', 'F11', 'F12', 'BrowserHome', 'LaunchMail', 'ContextMenu'])
    assert.ok(leadsOut({ ...plain, key }), key);
  for (const key of ['ArrowLeft', 'ArrowRight', 'Home', 'd', 'f', ' '])
    assert.ok(leadsOut({ ...plain, key, altKey: true }), `Alt+${key}`);
  assert.ok(leadsOut({ ...plain, key: 'Escape', shiftKey: true }), 'Shift+Escape');
});

test('what a player needs stays: typing, moving, copying a name, the way in for the operator', () => {
  for (const key of ['p', 's', '/', 'Enter', 'Escape', 'ArrowLeft', 'Home', 'Tab'])
    assert.not(leadsOut({ ...plain, key }), key);
  for (const key of ['P', 'Tab', 'ArrowLeft', '?']) assert.not(leadsOut({ ...plain, key, shiftKey: true }), key);
  for (const key of ['c', 'v', 'a', 'k', 'K', 'ArrowLeft', 'Backspace', 'Control'])
    assert.not(leadsOut({ ...plain, key, ctrlKey: true }), `Ctrl+${key}`);
  for (const key of ['@', '€', '{', 'q'])
    assert.not(leadsOut({ ...plain, key, ctrlKey: true, altKey: true }), `AltGr+${key}`);
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
