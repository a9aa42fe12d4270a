import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { allowKeeping, keepBytes, SlotRing, type RingPlace } from '../../../app/core/base/index.ts';

const shape = { slotBytes: 100, readBytes: 30, wantedFree: 1 };

function ringOf(slotCount: number): { memory: SharedArrayBuffer; ring: SlotRing } {
  const memory = new SharedArrayBuffer(slotCount * shape.slotBytes);
  return { memory, ring: new SlotRing(memory, shape) };
}

test('what is handed on early does not move the place of the next read, which is known to the system already', () => {
  const { ring } = ringOf(3);
  assert.not.ok(ring.add(10));
  const room = ring.room();
  const first = ring.handOn();
  assert.equal([first?.start, first?.end], [0, 10]);
  assert.is(ring.handOn(), undefined, 'nothing came since');
  assert.equal([ring.room().byteOffset, room.byteOffset], [10, 10]);
  assert.not.ok(ring.add(30));
  assert.ok(ring.add(31), 'a whole read does not fit any more');
  assert.equal([ring.handOn()?.end, ring.room().byteOffset], [71, 100]);
});

test('a place that somebody keeps is filled again only once it was released, too', () => {
  const { memory, ring } = ringOf(3);
  allowKeeping(memory, (byteOffset) => {
    const slot = ring.keep(byteOffset);
    return () => ring.taken(slot);
  });
  const fill = (): RingPlace => {
    for (;;) {
      ring.room().fill(ring.room().byteOffset / 10);
      if (!ring.add(30)) continue;
      const place = ring.handOn();
      if (place) return place;
    }
  };
  const first = fill();
  const kept = keepBytes(new Uint8Array(memory, first.start + 5, 20));
  assert.equal([kept?.bytes.byteOffset, kept?.bytes.length, kept?.bytes.buffer === memory], [5, 20, true]);
  ring.taken(first.slot);
  const before = kept && Uint8Array.from(kept.bytes);
  for (let round = 0; round < 10; round += 1) {
    const place = fill();
    assert.is.not(place.slot, first.slot);
    ring.taken(place.slot);
  }
  assert.equal(kept && Uint8Array.from(kept.bytes), before);
  kept?.release();
  const slots = new Set<number>();
  for (let round = 0; round < 4; round += 1) {
    const place = fill();
    slots.add(place.slot);
    ring.taken(place.slot);
  }
  assert.ok(slots.has(first.slot), 'it is in use again');
});

test('slots come back when every place of them was read, and none is filled twice before', () => {
  const slots = new SlotRing(new ArrayBuffer(12 * 256 * 1024), {
    slotBytes: 256 * 1024,
    readBytes: 16_384,
    wantedFree: 4,
  });
  const unread: { slot: number; start: number; end: number }[] = [];
  let written = 0;
  const put = (count: number): void => {
    slots
      .room()
      .subarray(0, count)
      .fill(written % 256);
    written += 1;
    if (slots.add(count) || written % 3 === 0) {
      const place = slots.handOn();
      if (place) unread.push(place);
    }
  };
  for (let round = 0; round < 60; round += 1) {
    while (!slots.isTight) put(1 + ((round * 7_919) % 16_384));
    // Nothing that waits to be read lies where the next record goes.
    const { byteOffset } = slots.room();
    for (const { start, end } of unread) assert.ok(byteOffset >= end || byteOffset + 16_384 <= start);
    for (const { slot } of unread.splice(0, 1 + (round % 5))) slots.taken(slot);
  }
  for (const { slot } of unread.splice(0)) slots.taken(slot);
  assert.not.ok(slots.isTight, 'all came back');
});

test('memory that nobody allowed to keep has to be copied', () => {
  assert.is(keepBytes(new Uint8Array(new SharedArrayBuffer(8))), undefined);
  assert.is(keepBytes(new Uint8Array(8)), undefined);
});

test.run();
