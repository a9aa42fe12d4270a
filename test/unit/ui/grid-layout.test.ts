import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { layoutGrid, moveFocus, visibleRows } from '../../../app/ui/screens/library/grid-layout.ts';

const measures = { gap: 20, smallestCard: 180, textHeight: 100, coverRatio: 1.25, count: 10 };

test('as many columns as fit, cards share the rest of the width', () => {
  assert.equal(layoutGrid({ ...measures, width: 780 }), { columns: 4, cardWidth: 180, rowHeight: 345, rows: 3 });
  assert.is(layoutGrid({ ...measures, width: 779 }).columns, 3);
  assert.is(layoutGrid({ ...measures, width: 0 }).columns, 1);
  assert.is(layoutGrid({ ...measures, width: 780, count: 0 }).rows, 0);
});

test('only rows in sight and some beyond are drawn', () => {
  const layout = layoutGrid({ ...measures, width: 780, count: 5_000 });
  assert.equal(visibleRows(layout, { scrollTop: 0, height: 700, beyond: 2 }), { first: 0, last: 5 });
  assert.equal(visibleRows(layout, { scrollTop: 3_450, height: 700, beyond: 2 }), { first: 8, last: 15 });
  const { first, last } = visibleRows(layout, { scrollTop: 1e9, height: 700, beyond: 2 });
  assert.is(last, layout.rows);
  assert.ok(first <= last);
});

test('arrow keys move within the grid and stay at its edges', () => {
  const grid = { count: 10, columns: 4, rowsInSight: 2 };
  const move = (key: string, index: number): number | undefined => moveFocus(key, index, grid);
  assert.equal([move('ArrowRight', 0), move('ArrowLeft', 0), move('ArrowRight', 9)], [1, 0, 9]);
  assert.equal([move('ArrowDown', 1), move('ArrowUp', 5), move('ArrowUp', 2)], [5, 1, 2]);
  assert.is(move('ArrowDown', 7), 9, 'down from above a short last row goes to its end');
  assert.is(move('ArrowDown', 8), 8, 'down from the last row stays');
  assert.equal([move('Home', 7), move('End', 0), move('PageDown', 1), move('PageUp', 9)], [0, 9, 9, 1]);
  assert.is(move('a', 3), undefined);
  assert.is(moveFocus('End', 0, { ...grid, count: 0 }), undefined);
});

test.run();
