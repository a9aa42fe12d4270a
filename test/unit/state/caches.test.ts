import { join, resolve, sep } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseGameId } from '../../../app/core/base/index.ts';
import type { FileIdentity, LibraryRow } from '../../../app/core/state/index.ts';
import { maxKnownPeers } from '../../../app/core/state/repositories/peers.ts';
import { withState } from './open.ts';
import { patience } from '../../support/patience.ts';

const quake = parseGameId('quake');
const games = resolve('/games');

const file = (path: string, extra: Record<string, unknown> = {}): FileIdentity => ({
  path,
  sizeBytes: 5_000_000,
  mtimeNs: 1_700_000_000_123_456_789n,
  inode: 42n,
  ...extra,
});
const hashes = ['00'.repeat(32), 'ff'.repeat(32), '1f'.repeat(32)];

const row = (root: string, extra: Record<string, unknown> = {}): LibraryRow => ({
  root,
  gameId: quake,
  version: '1',
  installedVersion: undefined,
  sizeBytes: 7,
  fingerprint: 'f',
  manifestRoot: 'ab'.repeat(32),
  revision: 3,
  ...extra,
});

test('block hashes come back for the very same file', () =>
  withState(({ blocks }) => {
    blocks.put(file('/games/quake/quake.eti'), hashes);
    blocks.put(file('/games/quake/empty'), []);
    assert.equal(blocks.get(file('/games/quake/quake.eti')), hashes);
    assert.equal(blocks.get(file('/games/quake/empty')), []);
    assert.is(blocks.get(file('/games/quake/other')), undefined);
  }));

for (const [what, change] of Object.entries({
  size: { sizeBytes: 5_000_001 },
  'time by a nanosecond': { mtimeNs: 1_700_000_000_123_456_788n },
  'file number': { inode: 43n },
})) {
  test(`a file that differs by its ${what} is not known`, () =>
    withState(({ blocks }) => {
      blocks.put(file('/a'), hashes);
      assert.is(blocks.get(file('/a', change)), undefined);
    }));
}

test('file numbers that use all 64 bits are told apart', () =>
  withState(({ blocks }) => {
    blocks.put(file('/a', { inode: 2n ** 64n - 1n }), hashes);
    assert.equal(blocks.get(file('/a', { inode: 2n ** 64n - 1n })), hashes);
    assert.is(blocks.get(file('/a', { inode: 2n ** 64n - 2n })), undefined);
  }));

test('new hashes of a path replace the old ones', () =>
  withState(({ blocks }) => {
    blocks.put(file('/a'), hashes);
    blocks.putMany([[file('/a', { sizeBytes: 1 }), hashes.slice(0, 1)]]);
    assert.is(blocks.get(file('/a')), undefined);
    assert.equal(blocks.get(file('/a', { sizeBytes: 1 })), hashes.slice(0, 1));
  }));

test('what is not a hash is refused, and then none of the batch is stored', () =>
  withState(({ blocks }) => {
    const batch = [[file('/a'), hashes] as const, [file('/b'), ['beef']] as const];
    assert.throws(() => blocks.putMany(batch), /beef/);
    assert.is(blocks.get(file('/a')), undefined);
  }));

test('forgetting a folder forgets what is in it, and not its neighbours', () =>
  withState(({ blocks }) => {
    const inside = [join(games, 'quake'), join(games, 'quake', 'a'), join(games, 'quake', 'é', 'b')];
    const outside = [join(games, 'quake2', 'a'), join(games, 'quake.txt'), join(games, 'quak'), join(games, 'quake0')];
    blocks.putMany([...inside, ...outside].map((path) => [file(path), hashes] as const));
    blocks.forgetBelow(join(games, 'quake'));
    for (const path of inside) assert.is(blocks.get(file(path)), undefined, path);
    for (const path of outside) assert.equal(blocks.get(file(path)), hashes, path);
    blocks.forgetBelow(games + sep);
    for (const path of outside) assert.is(blocks.get(file(path)), undefined, path);
  }));

test('200,000 files are stored in seconds and each is found in microseconds', () =>
  withState(({ blocks }) => {
    const files = Array.from({ length: 200_000 }, (_, index) =>
      file(`/games/game${index % 1_000}/folder/file${index}.dat`, { sizeBytes: index, inode: BigInt(index) }),
    );
    const started = performance.now();
    blocks.putMany(files.map((identity) => [identity, hashes.slice(0, 1)] as const));
    const stored = performance.now();
    for (const identity of files) if (blocks.get(identity)?.length !== 1) assert.unreachable(identity.path);
    const perFileUs = ((performance.now() - stored) * 1_000) / files.length;
    console.log(`put ${Math.round(stored - started)} ms, get ${perFileUs.toFixed(1)} µs`);
    assert.ok(stored - started < 20_000 * patience, `put took ${stored - started} ms`);
    assert.ok(perFileUs < 100 * patience, `one get took ${perFileUs} µs`);
  }));

test('a library row comes back as it was put, and is replaced', () =>
  withState(({ library }) => {
    const root = join(games, 'quake');
    library.put(row(root));
    assert.equal(library.get(root), row(root));
    const next = row(root, { version: undefined, installedVersion: '1', manifestRoot: undefined, revision: 4 });
    library.put(next);
    assert.equal(library.get(root), next);
    library.remove(root);
    assert.is(library.get(root), undefined);
  }));

test('only direct children of the games folder belong to it', () =>
  withState(({ library }) => {
    for (const path of [['b'], ['a'], ['a', 'nested']]) library.put(row(join(games, ...path)));
    library.put(row(resolve('/games2', 'c')));
    const roots = [join(games, 'a'), join(games, 'b')];
    assert.equal(
      library.below(games).map(({ root }) => root),
      roots,
    );
    assert.is(library.below(games + sep).length, 2);
  }));

test('the installed version is set without touching the rest, and makes a row where there is none', () =>
  withState(({ library }) => {
    const root = join(games, 'quake');
    library.setInstalledVersion(root, quake, '2');
    assert.is(library.get(root)?.installedVersion, '2');
    assert.is(library.get(root)?.version, undefined);
    assert.is(library.below(games).length, 1);
    library.put(row(root));
    library.setInstalledVersion(root, quake, '2');
    assert.equal(library.get(root), row(root, { installedVersion: '2' }));
    library.setInstalledVersion(root, quake, undefined);
    assert.equal(library.get(root), row(root));
  }));

test('the library revision grows by one, starting after zero', () =>
  withState(({ library }) => {
    assert.is(library.revision(), 0);
    assert.equal([library.nextRevision(), library.nextRevision(), library.revision()], [1, 2, 2]);
  }));

test('settings keep any JSON value; undefined takes one back', () =>
  withState(({ settings }) => {
    const values = { gamesDir: '/games', limits: [1, { deep: null }], off: false, nothing: null };
    for (const [name, value] of Object.entries(values)) settings.set(name, value);
    assert.equal(settings.all(), values);
    assert.equal(settings.get('limits'), [1, { deep: null }]);
    assert.is(settings.get('nothing'), null);
    assert.is(settings.get('unset'), undefined);
    settings.set('off', undefined);
    assert.is('off' in settings.all(), false);
  }));

test('peers come by when they were last seen; the oldest are forgotten in a flood', () =>
  withState(({ peers }) => {
    const peer = (index: number) => ({
      peerId: `peer${index}`,
      name: `Seat ${index}`,
      addresses: [`/ip4/10.0.0.1/tcp/${index}`],
      lastSeenAt: index,
    });
    for (let index = 1; index <= maxKnownPeers + 3; index += 1) peers.put(peer(index));
    peers.put({ ...peer(10), name: 'Renamed', lastSeenAt: 1_000_000 });
    const all = peers.all();
    assert.is(all.length, maxKnownPeers);
    assert.equal(all[0], { ...peer(10), name: 'Renamed', lastSeenAt: 1_000_000 });
    assert.equal(all.at(-1), peer(4));
  }));

test('play time adds up by game', () =>
  withState(({ playSessions }) => {
    const doom = parseGameId('doom');
    playSessions.add({ gameId: quake, startedAt: 1, seconds: 60, exitCode: 0 });
    playSessions.add({ gameId: quake, startedAt: 2, seconds: 30.5, exitCode: undefined });
    playSessions.add({ gameId: doom, startedAt: 3, seconds: 1, exitCode: 137 });
    assert.equal(
      playSessions.secondsByGame(),
      new Map([
        [doom, 1],
        [quake, 90.5],
      ]),
    );
  }));

test.run();
