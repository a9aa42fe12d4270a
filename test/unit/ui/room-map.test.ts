import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  flowLevel,
  lineBetween,
  namedInCrowd,
  roomMap,
  sheetOf,
  shortName,
} from '../../../app/ui/screens/room/room-map.ts';

const sheet = { width: 1_000, height: 420 };
/** Of the middle, in pixels. */
const hubRadius = 46;
/** A name and a speed below each other. */
const labelHeight = 36;

test('everybody has a place of their own on the sheet, clear of the middle, for 1 to 100 PCs', () => {
  for (let count = 1; count <= 100; count += 1) {
    const { nodes, centre, nodeRadius } = roomMap(count, sheet);
    assert.is(nodes.length, count);
    for (const [index, { x, y }] of nodes.entries()) {
      assert.ok(x - nodeRadius >= 0 && x + nodeRadius <= sheet.width, `${count}: inside across`);
      assert.ok(y - nodeRadius >= 0 && y + nodeRadius <= sheet.height, `${count}: inside down`);
      assert.ok(Math.hypot(x - centre.x, y - centre.y) > 46 + nodeRadius, `${count}: clear of the middle`);
      for (const other of nodes.slice(0, index))
        assert.ok(Math.hypot(x - other.x, y - other.y) > nodeRadius * 2, `${count}: circles stand apart`);
    }
  }
});

test('on every screen the circles of one to twelve PCs stand clear of the middle, and names have room', () => {
  for (const width of [300, 520, 700, 980, 1_400, 2_600])
    for (const windowHeight of [560, 720, 1_080, 2_160])
      for (let count = 1; count <= 12; count += 1) {
        const place = sheetOf(count, { width, windowHeight });
        const { nodes, centre, nodeRadius, height } = roomMap(count, place);
        const where = `${count} PCs, ${width} wide, window ${windowHeight} high`;
        for (const [index, { x, y }] of nodes.entries()) {
          const distance = Math.hypot(x - centre.x, y - centre.y);
          assert.ok(distance > hubRadius + nodeRadius + 8, `${where}: clear of the middle (${distance})`);
          const outward = y < centre.y ? y - nodeRadius - labelHeight : height - y - nodeRadius - labelHeight;
          if (count <= 4) assert.ok(outward >= -8, `${where}: room for a name (${outward})`);
          for (const other of nodes.slice(0, index))
            assert.ok(Math.hypot(x - other.x, y - other.y) > nodeRadius * 2, `${where}: circles stand apart`);
        }
      }
});

test('an empty room is an empty sheet', () => {
  assert.equal(roomMap(0, sheet).nodes, []);
});

test('in a crowd the names of the ten with most traffic are shown, and of nobody who is idle', () => {
  assert.equal(roomMap(26, sheet).showsNames, true);
  assert.equal(roomMap(27, sheet).showsNames, false);
  const speeds = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? index : 0));
  assert.equal(
    [...namedInCrowd(speeds)].sort((a, b) => a - b),
    [20, 22, 24, 26, 28, 30, 32, 34, 36, 38],
  );
  assert.equal([...namedInCrowd([0, 5, 0])], [1]);
});

test('more flow is a higher level, and none is none', () => {
  assert.equal([0, 1, 900_000, 1e6, 12e6, 45e6, 112e6, 5e9].map(flowLevel), [0, 1, 1, 2, 3, 4, 5, 5]);
});

test('a line runs from edge to edge, and sideways beside its twin', () => {
  const [a, b] = [
    { x: 0, y: 0, radius: 10 },
    { x: 100, y: 0, radius: 20 },
  ];
  assert.is(lineBetween(a, b, 0), 'M10 0L80 0');
  assert.is(lineBetween(a, b, 5), 'M10 5L80 5');
  assert.is(lineBetween(b, a, 5), 'M80 -5L10 -5');
});

test('a long name is cut by letters, not through one', () => {
  assert.is(shortName('seat-07'), 'seat-07');
  assert.is(shortName('Margaret on tower'), 'Margaret on t…');
  assert.is(shortName('🦊'.repeat(20), 5), '🦊🦊🦊🦊…');
});

test.run();
