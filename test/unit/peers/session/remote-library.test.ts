import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { applyDelta, knownGames, libraryOf } from '../../../../app/core/peers/session/remote-library.ts';
import { limits } from '../../../../app/core/protocol/index.ts';
import { LanspreadError } from '../../../../app/core/base/index.ts';
import { FakeLibrary, gameOf } from '../../../support/network-lab.ts';
import { SeededRandom } from '../../../support/random.ts';

test('a delta that follows is applied', () => {
  const own = new FakeLibrary([gameOf('kept'), gameOf('removed')]);
  const before = libraryOf(own.snapshot());
  const after = applyDelta(before, own.change({ put: [gameOf('added')], remove: ['removed'] }));
  assert.is.not(after, 'resync');
  assert.equal(after, libraryOf(own.snapshot()));
  assert.equal([...before.games.keys()], ['kept', 'removed'], 'what was there is not touched');
});

test('a delta after a gap asks for the whole', () => {
  const own = new FakeLibrary();
  const before = libraryOf(own.snapshot());
  own.change({ put: [gameOf('missed')] });
  assert.is(applyDelta(before, own.change({ put: [gameOf('told')] })), 'resync');
});

test('a delta that comes twice asks for the whole', () => {
  const own = new FakeLibrary();
  const delta = own.change({ put: [gameOf('one')] });
  assert.is(applyDelta(libraryOf(own.snapshot()), delta), 'resync');
});

test('a delta whose digest does not fit asks for the whole', () => {
  const own = new FakeLibrary([gameOf('one')]);
  const before = libraryOf(own.snapshot());
  const delta = own.change({ put: [gameOf('two')] });
  assert.is(applyDelta(before, { ...delta, digest: '0'.repeat(64) }), 'resync');
  assert.is(applyDelta(before, { ...delta, upserts: [gameOf('two', { sizeBytes: 1 })] }), 'resync');
});

test('a library cannot grow beyond the limit by deltas', () => {
  const all = Array.from({ length: limits.helloGames }, (_, at) => gameOf(`game${at}`));
  const own = new FakeLibrary(all);
  const before = libraryOf(own.snapshot());
  assert.is(applyDelta(before, own.change({ put: [gameOf('one-more')] })), 'resync');
});

test('a snapshot that names a game twice or lies about its digest is refused', () => {
  const snapshot = new FakeLibrary([gameOf('one')]).snapshot();
  const refused = (work: () => unknown): void =>
    assert.throws(work, (error: unknown) => error instanceof LanspreadError && error.code === 'BAD_MESSAGE');
  refused(() => libraryOf({ ...snapshot, games: [...snapshot.games, ...snapshot.games] }));
  refused(() => libraryOf({ ...snapshot, digest: 'f'.repeat(64) }));
});

test('only games of the local catalog are shown, and all of them again when it grows', () => {
  const library = libraryOf(new FakeLibrary([gameOf('known'), gameOf('unknown')]).snapshot());
  assert.equal([...knownGames(library, (id) => id === 'known').keys()], ['known']);
  assert.equal([...knownGames(library, () => true).keys()], ['known', 'unknown']);
});

test('any sequence of changes leads both sides to the same library', () => {
  for (let seed = 0; seed < 50; seed += 1) {
    const random = new SeededRandom(seed);
    const own = new FakeLibrary();
    let remote = libraryOf(own.snapshot());
    for (let step = 0; step < 40; step += 1) {
      const id = `game${random.below(12)}`;
      const delta =
        random.below(3) === 0
          ? own.change({ remove: [id] })
          : own.change({ put: [gameOf(id, { version: String(random.below(5)) })] });
      const next = applyDelta(remote, delta);
      if (next === 'resync') throw new Error(`seed ${seed}, step ${step}`);
      remote = next;
    }
    const byId = (library: typeof remote) => [...library.games.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    assert.equal(byId(remote), byId(libraryOf(own.snapshot())));
  }
});

test.run();
