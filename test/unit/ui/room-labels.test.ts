import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { placeLabels, type Label } from '../../../app/ui/screens/room/room-labels.ts';

const label = (x: number, y: number, differs: Partial<Label> = {}): Label => ({
  at: { x, y },
  outward: -1,
  width: 80,
  height: 20,
  rank: 0,
  ...differs,
});

function place(labels: readonly Label[], others: readonly { x: number; y: number }[] = []) {
  const nodes = [...labels.map(({ at }) => at), ...others];
  return Object.fromEntries(
    placeLabels(labels, { centre: { x: 500, y: 500 }, centreRadius: 46, nodeRadius: 12, nodes }),
  );
}

test('a name stands on the outer side of its node', () => {
  assert.equal(place([label(100, 100), label(900, 900, { outward: 1 })]), { 0: -1, 1: 1 });
});

test('a name that another node is in the way of goes to the other side', () => {
  assert.equal(place([label(100, 100)], [{ x: 120, y: 78 }]), { 0: 1 });
});

test('a name without room on either side is left out', () => {
  assert.equal(
    place(
      [label(100, 100)],
      [
        { x: 120, y: 78 },
        { x: 90, y: 124 },
      ],
    ),
    {},
  );
});

test('where two want the same place, the one with more traffic has it', () => {
  assert.equal(place([label(100, 100), label(130, 100, { rank: 5 })]), { 0: 1, 1: -1 });
  const three = place([label(100, 100), label(130, 100, { rank: 5 }), label(160, 100, { rank: 3 })]);
  assert.equal(three, { 1: -1, 2: 1 });
});

test('nothing stands on the middle', () => {
  assert.equal(place([label(500, 560, { outward: -1 })]), { 0: 1 });
});

test.run();
