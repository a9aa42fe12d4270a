import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cutSections, inArchive, onItsOwn, type Cuttable } from '../../../app/core/install/cut-sections.ts';

const mib = 1024 * 1024;
const files = (sizes: readonly number[], mayBegin = true): Cuttable[] =>
  sizes.map((size) => ({ sizeBytes: size * mib, mayBegin }));

test('files that stand alone are cut into sections of about the same size, as many as there may be', () => {
  assert.equal(cutSections(files([80, 80, 80, 80, 80, 80]), { atMost: 16 }), [0, 1, 2, 3, 4, 5]);
  assert.equal(cutSections(files([80, 80, 80, 80, 80, 80]), { atMost: 3 }), [0, 2, 4]);
  assert.equal(cutSections(files(Array.from({ length: 1_600 }, () => 1)), { atMost: 16 }).length, 16);
});

test('what is small is not cut: starting an unpacker costs more than it gives', () => {
  assert.equal(cutSections(files([10, 10, 10]), { atMost: 16 }), [0]);
  assert.equal(cutSections(files([30, 10, 30]), { atMost: 16 }), [0, 2]);
  assert.equal(cutSections(files([40, 10]), { atMost: 16 }), [0], 'nor is a small rest');
  assert.equal(cutSections([], { atMost: 16 }), [0]);
});

test('a solid block is not cut, wherever the middle of the whole is', () => {
  assert.equal(cutSections(files([100, 100, 100], false), { atMost: 16 }), [0]);
  const blocks = [...files([90]), ...files([90, 90, 90], false), ...files([90]), ...files([90], false)];
  assert.equal(cutSections(blocks, { atMost: 16 }), [0, 4]);
});

test('who takes one section gets the whole', () => {
  assert.equal(cutSections(files([80, 80, 80]), { atMost: 1 }), [0]);
});

test('no section ever is without bytes, and none is missing', () => {
  const sizes = [0, 0, 64, 0, 0, 64, 1, 0, 64, 33, 0, 0];
  const starts = cutSections(files(sizes), { atMost: 16 });
  assert.is(starts[0], 0);
  for (const [index, start] of starts.entries()) {
    const section = sizes.slice(start, starts[index + 1]);
    assert.ok(section.reduce((sum, size) => sum + size, 0) >= 16, `section ${index} from ${start}`);
  }
});

/** Which of these files unpacking may begin with; each of them starts a block. */
const begins = (paths: readonly string[]): boolean[] =>
  inArchive(paths.map((path) => ({ path, sizeBytes: 1, kind: 'file', startsBlock: true }))).map(
    ({ mayBegin }) => mayBegin,
  );

test('an archive is cut where it says that unpacking can begin, and where it begins itself', () => {
  assert.equal(begins(['a', 'b c', 'd@']), [true, true, true]);
  const entries = [
    { path: 'data', sizeBytes: 7, kind: 'directory' as const },
    { path: 'data/a', sizeBytes: 5, kind: 'file' as const, startsBlock: true },
    { path: 'data/b', sizeBytes: 5, kind: 'file' as const },
  ];
  assert.equal(inArchive(entries), [
    { sizeBytes: 0, mayBegin: true },
    { sizeBytes: 5, mayBegin: true },
    { sizeBytes: 5, mayBegin: false },
  ]);
  assert.equal(onItsOwn({ sizeBytes: 5 }), { sizeBytes: 5, mayBegin: true });
});

test('an archive whose names no list can carry, or of too many, comes whole', () => {
  for (const odd of [' a', 'a ', '"a', 'a"', '\ufeffa'])
    assert.equal(begins(['first', odd, 'last']), [true, false, false], odd);
  const names = (count: number, length: number): string[] =>
    Array.from({ length: count }, (_, index) => String(index).padStart(length, 'x'));
  const cuts = (paths: readonly string[]): number => begins(paths).filter(Boolean).length;
  assert.equal([cuts(names(3_000, 10)), cuts(names(3_001, 10))], [3_000, 1]);
  assert.equal([cuts(names(2_000, 250)), cuts(names(2_000, 251))], [2_000, 1]);
});

test.run();
