import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LibraryAnnouncer, summaryOf } from '../../../app/core/library/announcer.ts';
import { formatFingerprint, isFit, parseFingerprint, payloadPart } from '../../../app/core/library/fingerprint.ts';
import { CheckBlocksJob, HashFileJob, sliceBlocks } from '../../../app/core/library/hash-jobs.ts';
import type { LocalGame } from '../../../app/core/library/index.ts';
import { LruByBytes } from '../../../app/core/library/lru-by-bytes.ts';
import { blockSizeBytes, libraryDigest, type GameSummary } from '../../../app/core/protocol/index.ts';
import { idOf } from '../../support/library-lab.ts';

const id = idOf('quake');
const root = 'a'.repeat(64);
const nothing: LocalGame = {
  id,
  root: '/games/quake',
  version: undefined,
  downloaded: false,
  installed: false,
  installedVersion: undefined,
  sizeBytes: 7,
  fingerprint: '',
  manifestRoot: undefined,
};
const downloaded: LocalGame = { ...nothing, downloaded: true, version: '2' };
const installed: LocalGame = { ...nothing, installed: true, installedVersion: '1' };
const partial = { version: '3', manifestRoot: root, sizeBytes: 9 };

test('a download is Ready, with its root once that is known', () => {
  const told = summaryOf(id, { game: downloaded, partial: undefined });
  assert.equal(told, { id, version: '2', sizeBytes: 7, availability: 'Ready' });
  assert.is(summaryOf(id, { game: { ...downloaded, manifestRoot: root }, partial: undefined })?.root, root);
});

test('an install without a download is LocalOnly, in the installed version', () => {
  const told = summaryOf(id, { game: installed, partial: undefined });
  assert.equal(told, { id, version: '1', sizeBytes: 7, availability: 'LocalOnly' });
});

test('an installed download is told in the version that can be fetched', () => {
  const game = { ...downloaded, installed: true, installedVersion: '1' };
  assert.equal(summaryOf(id, { game, partial: undefined })?.version, '2');
});

test('a download that cannot be shared is LocalOnly', () => {
  const game = { ...downloaded, unshareable: 'it holds a link' };
  assert.is(summaryOf(id, { game, partial: undefined })?.availability, 'LocalOnly');
});

test('a partial is told with its root, also beside an install, but not beside a download', () => {
  const expected = { id, version: '3', sizeBytes: 9, availability: 'Partial', root };
  assert.equal(summaryOf(id, { game: undefined, partial }), expected);
  assert.equal(summaryOf(id, { game: installed, partial }), expected);
  assert.is(summaryOf(id, { game: downloaded, partial })?.availability, 'Ready');
});

test('nothing here is nothing told', () => {
  assert.is(summaryOf(id, { game: undefined, partial: undefined }), undefined);
  assert.is(summaryOf(id, { game: nothing, partial: undefined }), undefined);
});

const summary = (name: string, facts: Partial<GameSummary> = {}): GameSummary => ({
  id: idOf(name),
  version: '1',
  sizeBytes: 1,
  availability: 'Ready',
  ...facts,
});
const mapOf = (...games: GameSummary[]) => new Map(games.map((game) => [game.id, game]));

test('a delta carries the difference, the next revision and the digest of the whole', () => {
  let revision = 41;
  const announcer = new LibraryAnnouncer({ revision, nextRevision: () => (revision += 1) });
  const first = announcer.update(mapOf(summary('a'), summary('b')));
  assert.equal([first?.from, first?.to, first?.upserts.length], [41, 42, 2]);
  const changed = summary('b', { root });
  const second = announcer.update(mapOf(changed, summary('c')));
  assert.equal(second, {
    from: 42,
    to: 43,
    upserts: [changed, summary('c')],
    removed: [idOf('a')],
    digest: libraryDigest([summary('c'), changed]),
  });
  assert.equal(announcer.snapshot(), { revision: 43, digest: second?.digest, games: [changed, summary('c')] });
});

test('no difference is no delta and no revision', () => {
  const announcer = new LibraryAnnouncer({ revision: 0, nextRevision: () => 1 });
  announcer.update(mapOf(summary('a')));
  assert.is(announcer.update(mapOf(summary('a'))), undefined);
  assert.is(announcer.revision, 1);
});

for (const change of [{ version: '2' }, { sizeBytes: 2 }, { availability: 'LocalOnly' as const }, { root }]) {
  test(`a change of ${Object.keys(change).join()} is told and changes the digest`, () => {
    const announcer = new LibraryAnnouncer({ revision: 0, nextRevision: () => 1 });
    announcer.update(mapOf(summary('a')));
    const before = announcer.snapshot().digest;
    const delta = announcer.update(mapOf(summary('a', change)));
    assert.equal(delta?.upserts, [summary('a', change)]);
    assert.is.not(delta?.digest, before);
  });
}

test('the digest does not depend on the order', () => {
  assert.is(libraryDigest([summary('a'), summary('b')]), libraryDigest([summary('b'), summary('a')]));
  assert.is.not(libraryDigest([summary('a')]), libraryDigest([summary('b')]));
});

test('a fingerprint survives being stored; anything else is none', () => {
  const fingerprint = { listing: 'aa', top: 'bb', payload: 'cc' };
  assert.equal(parseFingerprint(formatFingerprint(fingerprint)), fingerprint);
  for (const text of ['', 'aa', 'aa.bb', 'aa.bb.', 'aa.bb.cc.dd']) assert.is(parseFingerprint(text), undefined);
  assert.ok(isFit(fingerprint));
  assert.not.ok(isFit({ ...fingerprint, payload: payloadPart('cc', { isFit: false }) }));
});

const hashesOf = (count: number): string[] => Array.from({ length: count }, (_, index) => `h${index}`);

test('a large file is hashed slice by slice, each block once', () => {
  const blocks = sliceBlocks * 2 + 3;
  const sizeBytes = blocks * blockSizeBytes - 5;
  const job = new HashFileJob('/x');
  const asked: number[][] = [];
  for (let isDone = false; !isDone; ) {
    const task = job.nextTask();
    if (task.kind !== 'hash') throw new Error('not a hash task');
    asked.push([task.fromBlock, task.count]);
    const hashes = hashesOf(blocks).slice(task.fromBlock, task.fromBlock + task.count);
    isDone = job.accept({ id: 1, kind: 'hashed', hashes, sizeBytes });
  }
  assert.equal(asked, [
    [0, sliceBlocks],
    [sliceBlocks, sliceBlocks],
    [sliceBlocks * 2, 3],
  ]);
  assert.equal(job.hashes, hashesOf(blocks));
  assert.is(job.doneBytes, sizeBytes);
});

test('a file that keeps growing is hashed as far as it was long at first', () => {
  const job = new HashFileJob('/x');
  const slice = (sizeBlocks: number, hashes: number) =>
    job.accept({ id: 1, kind: 'hashed', hashes: hashesOf(hashes), sizeBytes: sizeBlocks * blockSizeBytes });
  assert.not.ok(slice(sliceBlocks + 1, sliceBlocks));
  assert.ok(slice(sliceBlocks + 50, 1));
});

test('a file that gets shorter, or is empty, comes to an end', () => {
  const shrinking = new HashFileJob('/x');
  const sizeBytes = sliceBlocks * 3 * blockSizeBytes;
  assert.not.ok(shrinking.accept({ id: 1, kind: 'hashed', hashes: hashesOf(sliceBlocks), sizeBytes }));
  assert.ok(shrinking.accept({ id: 2, kind: 'hashed', hashes: hashesOf(2), sizeBytes: 1 }));
  assert.ok(new HashFileJob('/x').accept({ id: 1, kind: 'hashed', hashes: [], sizeBytes: 0 }));
});

test('blocks are checked slice by slice, answers in the order of the questions', () => {
  const blocks = Array.from({ length: sliceBlocks + 2 }, (_, index) => ({
    offsetBytes: index,
    lengthBytes: 10,
    hash: `h${index}`,
  }));
  const job = new CheckBlocksJob('/x', blocks);
  assert.not.ok(job.accept({ id: 1, kind: 'checked', sound: hashesOf(sliceBlocks).map(() => true) }));
  const task = job.nextTask();
  assert.equal(task.kind === 'check' && task.blocks, blocks.slice(sliceBlocks));
  assert.ok(job.accept({ id: 2, kind: 'checked', sound: [false, true] }));
  assert.equal(job.sound.slice(-3), [true, false, true]);
  assert.is(job.doneBytes, blocks.length * 10);
});

test('the memory of manifests is bounded by bytes; what was used last stays', () => {
  const kept = new LruByBytes<string, string>(10, (text) => text.length);
  kept.set('a', 'aaaa');
  kept.set('b', 'bbbb');
  kept.get('a');
  kept.set('c', 'cccc');
  assert.equal([kept.peek('a'), kept.peek('b'), kept.peek('c')], ['aaaa', undefined, 'cccc']);
  kept.set('c', 'c');
  assert.is(kept.totalBytes, 5);
  kept.set('huge', 'h'.repeat(50));
  assert.equal([kept.peek('a'), kept.peek('c'), kept.peek('huge')?.length], [undefined, undefined, 50]);
});

test.run();
