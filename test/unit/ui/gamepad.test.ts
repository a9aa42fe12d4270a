import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { nearestInDirection } from '../../../app/ui/input/nearest.ts';
import { PadReader, type PadState } from '../../../app/ui/input/pad-reader.ts';

const pad = (pressed: readonly number[] = [], axes: readonly number[] = [0, 0, 0, 0]): PadState => ({
  buttons: Array.from({ length: 17 }, (_, index) => pressed.includes(index)),
  axes,
});

/** A reader that has seen the pad at rest. */
const rested = (count = 1): PadReader => {
  const reader = new PadReader();
  reader.read(
    Array.from({ length: count }, (_, index) => ({ ...pad(), index })),
    -1_000,
  );
  return reader;
};

test('a button is one press, however long it is held', () => {
  const reader = rested();
  assert.equal(reader.read([pad([0])], 0), ['select']);
  assert.equal(reader.read([pad([0])], 2_000), []);
  assert.equal(reader.read([pad()], 2_010), []);
  assert.equal(reader.read([pad([0])], 2_020), ['select']);
});

test('each button has its meaning', () => {
  const meaning = (button: number) => rested().read([pad([button])], 0);
  assert.equal([0, 1, 2, 3, 4, 5, 9, 12, 13, 14, 15].flatMap(meaning), [
    'select',
    'back',
    'act',
    'search',
    'pageUp',
    'pageDown',
    'menu',
    'up',
    'down',
    'left',
    'right',
  ]);
  assert.equal([6, 7, 8, 10, 11, 16].flatMap(meaning), []);
});

test('a direction that is held repeats, after a pause first and then steadily', () => {
  const reader = rested();
  const times: number[] = [];
  for (let now = 0; now <= 800; now += 10) if (reader.read([pad([15])], now).length > 0) times.push(now);
  assert.equal(times, [0, 420, 530, 640, 750]);
});

test('a stick below the dead zone is nothing; pushed, it holds until it is well back', () => {
  const reader = rested();
  assert.equal(reader.read([pad([], [0.59, 0.1])], 0), []);
  assert.equal(reader.read([pad([], [0.7, 0.1])], 10), ['right']);
  assert.equal(reader.read([pad([], [0.45, 0.1])], 20), [], 'a wobble is no second press');
  assert.equal(reader.read([pad([], [0.3, 0.1])], 30), []);
  assert.equal(reader.read([pad([], [0.45, 0.1])], 40), [], 'and coming back half-way is none');
  assert.equal(reader.read([pad([], [0.1, -0.9])], 50), ['up']);
  assert.equal(reader.read([pad([], [-0.9, -0.2])], 60), ['left'], 'turned over without letting go');
});

test('two pads are one person; the second joins without a jump', () => {
  const reader = rested(2);
  const both = [
    { ...pad([1]), index: 0 },
    { ...pad([0]), index: 1 },
  ];
  assert.equal(reader.read(both, 0).toSorted(), ['back', 'select']);
  assert.equal(reader.read(both, 10), []);
});

test('what is held when a game gives the pad back is no press', () => {
  const reader = rested();
  reader.ignore([pad([0, 13])], 0);
  assert.equal(reader.read([pad([0, 13])], 5_000), []);
  assert.equal(reader.read([pad()], 5_010), []);
  assert.equal(reader.read([pad([0])], 5_020), ['select']);
});

test('the right stick scrolls from its dead zone on, faster the further', () => {
  const scrollAt = (y: number): number => {
    const reader = rested();
    reader.read([pad([], [0, 0, 0, y])], 0);
    return reader.scroll;
  };
  assert.equal([0.2, 1, -1].map(scrollAt), [0, 1, -1]);
  assert.ok(scrollAt(0.5) < 0.5);
});

test('what was never at rest is no press: a pad that comes with a stuck button and a stick at its end does nothing', () => {
  const reader = new PadReader();
  const stuck = pad([13, 0], [-1, -1, 0, 1]);
  for (let now = 0; now < 3_000; now += 16) assert.equal(reader.read([stuck], now), []);
  assert.is(reader.scroll, 0);
  reader.read([pad()], 3_000);
  assert.equal(reader.read([pad([0])], 3_016), ['select'], 'once it was let go, it counts');
  assert.equal(reader.read([pad([], [-1, 0, 0, 0])], 3_032), ['left']);
});

test('a button that flickers is left out until it is quiet', () => {
  const reader = rested();
  let presses = 0;
  for (let now = 0; now < 5_000; now += 16) presses += reader.read([pad((now / 16) % 2 === 0 ? [0] : [])], now).length;
  assert.ok(presses <= 10, `${presses} presses in five seconds`);
  reader.read([pad()], 5_016);
  assert.equal(reader.read([pad([1])], 5_032), ['back'], 'the others work meanwhile');
  reader.read([pad()], 8_000);
  assert.equal(reader.read([pad([0])], 8_016), ['select']);
});

test('somebody who hammers a button is heard', () => {
  const reader = rested();
  let presses = 0;
  for (let now = 0; now < 3_000; now += 60) presses += reader.read([pad((now / 60) % 2 === 0 ? [0] : [])], now).length;
  assert.is(presses, 25);
});

const box = (left: number, top: number, width = 100, height = 40) => ({
  left,
  top,
  right: left + width,
  bottom: top + height,
});

test('focus moves along rows and columns before it steps aside', () => {
  const from = box(200, 200);
  const boxes = [box(320, 200), box(330, 260), box(200, 300), box(90, 205), box(205, 20), box(330, 100)];
  const to = (direction: 'up' | 'down' | 'left' | 'right') => nearestInDirection(from, boxes, direction);
  assert.equal([to('right'), to('down'), to('left'), to('up')], [0, 2, 3, 4]);
});

test('where nothing lies in a direction nothing is chosen', () => {
  assert.is(nearestInDirection(box(0, 0), [box(200, 0), box(0, 100)], 'left'), undefined);
  assert.is(nearestInDirection(box(0, 0), [], 'right'), undefined);
  assert.is(nearestInDirection(box(0, 0), [box(0, 0)], 'right'), undefined, 'not itself');
});

test.run();
