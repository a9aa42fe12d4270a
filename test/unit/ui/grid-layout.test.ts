import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { drawnCards, layoutGrid, moveFocus } from '../../../app/ui/screens/library/grid-layout.ts';

const measures = { gap: 20, smallestCard: 180, textHeight: 100, coverRatio: 1.25, count: 10 };

test('as many columns as fit, cards share the rest of the width', () => {
  assert.equal(layoutGrid({ ...measures, width: 780 }), { columns: 4, cardWidth: 180, rowHeight: 345, rows: 3 });
  assert.is(layoutGrid({ ...measures, width: 779 }).columns, 3);
  assert.is(layoutGrid({ ...measures, width: 0 }).columns, 1);
  assert.is(layoutGrid({ ...measures, width: 780, count: 0 }).rows, 0);
});

test('only cards in sight and some rows beyond are drawn', () => {
  const count = 5_000;
  const layout = layoutGrid({ ...measures, width: 780, count });
  const drawn = (scrollTop: number) => drawnCards(layout, { scrollTop, height: 690, beyond: 2, count });
  assert.equal(drawn(0), { first: 0, last: 16 });
  assert.equal(drawn(3_450), { first: 32, last: 56 });
  const { first, last } = drawn(1e9);
  assert.is(last, count);
  assert.ok(first <= last);
});

test('cards come and go a few at a time while it is scrolled, and all in sight are there', () => {
  const count = 5_000;
  const layout = layoutGrid({ ...measures, width: 780, count });
  let before = drawnCards(layout, { scrollTop: 5_000, height: 700, beyond: 2, count });
  for (let scrollTop = 5_086; scrollTop < 8_000; scrollTop += 86) {
    const now = drawnCards(layout, { scrollTop, height: 700, beyond: 2, count });
    assert.ok(now.last - before.last <= 2, 'a quarter of a row brings one card of four');
    assert.ok(now.first <= Math.floor(scrollTop / layout.rowHeight) * layout.columns);
    assert.ok(now.last >= Math.ceil((scrollTop + 700) / layout.rowHeight) * layout.columns);
    before = now;
  }
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
