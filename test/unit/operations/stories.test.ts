import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError, parseGameId } from '../../../app/core/base/index.ts';
import { gatherPeersMs, isOfferedAgain } from '../../../app/core/operations/returning-peers.ts';
import { operationsLab, rootOf, type OperationsLab } from '../../support/operations-lab.ts';

const quake = parseGameId('quake');

/** Every event of a game that is not progress, in order. */
const told = ({ events }: OperationsLab, id = 'quake'): string[] =>
  events.filter((event) => 'gameId' in event && event.gameId === id).map(({ event }) => event);

function codeOf(command: () => unknown): string {
  try {
    command();
  } catch (error) {
    if (error instanceof LanspreadError) return error.code;
    throw error;
  }
  return 'accepted';
}

const view = (lab: OperationsLab, id = 'quake') => lab.operations.snapshot.get(parseGameId(id));

test('a download whose peers went goes on by itself when one returns, and only then', async () => {
  const lab = operationsLab(['quake']);
  lab.turn = () => ({ takesMs: 100, peersGo: true });
  lab.operations.download('quake', { install: false });
  await lab.clock.advance(50);
  lab.setPeers(false);
  await lab.clock.advance(500_000);
  assert.equal(told(lab), ['download-begin', 'download-peers-gone']);
  assert.equal([view(lab)?.operation, view(lab)?.resumable?.bytes], [undefined, 1]);
  lab.turn = () => ({ takesMs: 100 });
  lab.setPeers(true);
  await lab.clock.advance(1_000);
  assert.equal(told(lab).slice(2), ['download-begin', 'download-finished']);
});

test('a game is started once its folder is recovered, and also when that cannot be', async () => {
  const lab = operationsLab(['quake']);
  lab.operations.download('quake', { install: true });
  await lab.clock.advance(10_000);
  const before = told(lab);
  assert.is(before.at(-1), 'install-finished');
  const recovery = Promise.withResolvers<void>();
  lab.settle = () => recovery.promise;
  await lab.operations.play('quake', { launch: undefined });
  await lab.clock.advance(1_000);
  assert.equal(told(lab), before, 'it waits');
  assert.is(
    codeOf(() => lab.operations.uninstall('quake')),
    'OPERATION_IN_PROGRESS',
  );
  recovery.reject(new LanspreadError('UNSAFE_ROOT'));
  await lab.clock.advance(1_000);
  // The player of these tests starts nothing.
  assert.equal(told(lab), [...before, 'play-failed']);
  const end = lab.events.find(({ event }) => event === 'play-failed');
  assert.is(end && 'code' in end && end.code, 'NOT_SUPPORTED', 'it was tried');
});

test('with a peer that is here but gives nothing it is tried again with growing pauses', async () => {
  const lab = operationsLab(['quake']);
  lab.turn = () => ({ takesMs: 100, peersGo: true });
  lab.operations.download('quake', { install: false });
  await lab.clock.advance(120_000);
  const tries = told(lab).filter((event) => event === 'download-begin').length;
  assert.ok(tries >= 4 && tries <= 6, `${tries} tries in two minutes`);
});

test('a resume without peers fails, and goes on by itself when one returns', async () => {
  const lab = operationsLab(['quake']);
  lab.turn = () => ({ takesMs: 100, peersGo: true });
  lab.operations.download('quake', { install: false });
  await lab.clock.advance(50);
  lab.setPeers(false);
  await lab.clock.advance(1_000);
  lab.operations.resume('quake');
  await lab.clock.advance(1_000);
  assert.equal(told(lab), ['download-begin', 'download-peers-gone', 'download-failed']);
  assert.is(view(lab)?.lastFailure?.code, 'NO_PEERS');
  lab.turn = () => ({ takesMs: 100 });
  lab.setPeers(true);
  await lab.clock.advance(1_000);
  assert.is(told(lab).at(-1), 'download-finished');
  assert.is(view(lab)?.lastFailure, undefined);
});

test('what was running and what waited goes on after a restart in the same order, once peers have gathered', async () => {
  const ids = ['one', 'two', 'three', 'four'];
  const before = operationsLab(ids);
  for (const id of ids) before.operations.download(id, { install: id === 'one' });
  before.operations.moveInQueue('four', 0);
  await before.clock.advance(500);
  const lab = await before.restart();
  lab.turn = () => ({ takesMs: 1_000 });
  assert.equal(
    lab.operations.running().map(({ gameId, kind }) => `${gameId} ${kind}`),
    ['four Queued', 'three Queued'],
  );
  assert.equal([view(lab, 'one')?.resumable?.bytes, view(lab, 'four')?.operation?.queuePosition], [1, 1]);
  await lab.clock.advance(gatherPeersMs - 100);
  assert.equal(lab.calls, [], 'peers gather first');
  await lab.clock.advance(30_000);
  const order = ['download one', 'download two', 'install one', 'download four', 'download three'];
  assert.equal(lab.calls.toSorted(), order.toSorted());
  assert.equal(
    lab.calls.filter((call) => call.startsWith('download')),
    order.filter((call) => call.startsWith('download')),
  );
});

test('a command for what would go on by itself is no second operation: it starts it at once', async () => {
  const before = operationsLab(['quake', 'doom']);
  before.operations.download('quake', { install: false });
  before.operations.download('doom', { install: false });
  await before.clock.advance(500);
  const lab = await before.restart();
  lab.operations.resume('quake');
  await lab.clock.advance(100);
  assert.equal(lab.calls, ['download quake']);
  assert.is(
    codeOf(() => lab.operations.resume('quake')),
    'OPERATION_IN_PROGRESS',
  );
  await lab.clock.advance(gatherPeersMs + 100);
  assert.equal(lab.calls, ['download quake', 'download doom']);
  assert.is(
    codeOf(() => lab.operations.download('doom', { install: true })),
    'accepted',
    'the first one takes it over',
  );
  assert.is(
    codeOf(() => lab.operations.download('doom', { install: true })),
    'OPERATION_IN_PROGRESS',
  );
  await lab.clock.advance(10_000);
  assert.equal(lab.calls.slice(2), ['install doom'], 'and says what it ends in');
});

test('a paused download stays paused over a restart, also one that never had its turn', async () => {
  const ids = ['one', 'two', 'three'];
  const before = operationsLab(ids);
  for (const id of ids) before.operations.download(id, { install: true });
  await before.clock.advance(500);
  before.operations.pause('one');
  before.operations.pause('three');
  await before.clock.advance(100);
  const lab = await before.restart();
  await lab.clock.advance(60_000);
  assert.equal(lab.calls, ['download two', 'install two']);
  assert.equal([view(lab, 'one')?.resumable?.bytes, view(lab, 'three')?.resumable?.bytes], [1, 0]);
  lab.operations.resume('three');
  lab.operations.cancel('one');
  await lab.clock.advance(60_000);
  assert.equal(told(lab, 'three').slice(-4), [
    'download-begin',
    'download-finished',
    'install-begin',
    'install-finished',
  ]);
  assert.equal(told(lab, 'one'), ['download-cancelled']);
  assert.is(
    codeOf(() => lab.operations.resume('one')),
    'NOT_RESUMABLE',
  );
});

test('what is under way or left of a game that no catalog lists any more can still be paused and cancelled', async () => {
  const lab = operationsLab(['quake', 'doom']);
  lab.operations.download('quake', { install: true });
  await lab.clock.advance(500);
  lab.dropFromCatalog('quake');
  lab.operations.pause('quake');
  await lab.clock.advance(100);
  assert.ok(lab.partials.has(rootOf('quake')));
  assert.is(
    codeOf(() => lab.operations.resume('quake')),
    'NOT_IN_CATALOG',
  );
  lab.operations.cancel('quake');
  await lab.clock.advance(10_000);
  assert.equal(
    [lab.partials.has(rootOf('quake')), told(lab).slice(-2)],
    [false, ['download-paused', 'download-cancelled']],
  );
  assert.is(
    codeOf(() => lab.operations.cancel('quake')),
    'NOT_IN_CATALOG',
  );
});

test('when the games folder goes, what needs it fails by name, what waits goes on when it is back', async () => {
  const lab = operationsLab(['quake', 'doom'], { limit: () => 1 });
  lab.operations.download('quake', { install: false });
  lab.operations.download('doom', { install: false });
  await lab.clock.advance(500);
  lab.setFolder(false);
  await lab.clock.advance(30_000);
  assert.equal(told(lab), ['download-begin', 'download-failed']);
  assert.is(view(lab)?.lastFailure?.code, 'GAMES_DIR_LOST');
  assert.is(
    codeOf(() => lab.operations.download('quake', { install: false })),
    'GAMES_DIR_LOST',
  );
  assert.equal(lab.calls, ['download quake']);
  lab.setFolder(true);
  await lab.clock.advance(30_000);
  assert.equal(lab.calls, ['download quake', 'download doom']);
  lab.operations.resume('quake');
  await lab.clock.advance(30_000);
  assert.is(told(lab).at(-1), 'download-finished');
});

test('a repair whose peers went is completed like a download; one that is cancelled is left as it is', async () => {
  const lab = operationsLab(['quake']);
  lab.operations.download('quake', { install: false });
  await lab.clock.advance(5_000);
  lab.turn = (what) => ({ takesMs: 100, ...(what === 'repair' && { peersGo: true }) });
  lab.operations.repair('quake');
  await lab.clock.advance(150);
  lab.setPeers(false);
  await lab.clock.advance(60_000);
  assert.equal(told(lab).slice(2), ['repair-begin', 'repair-failed']);
  lab.setPeers(true);
  await lab.clock.advance(60_000);
  assert.equal(told(lab).slice(4), ['download-begin', 'download-finished']);

  lab.turn = () => ({ takesMs: 1_000 });
  lab.operations.repair('quake');
  await lab.clock.advance(1_500);
  lab.operations.cancel('quake');
  await lab.clock.advance(60_000);
  assert.is(told(lab).at(-1), 'repair-failed');
  assert.equal([view(lab)?.lastFailure, view(lab)?.resumable?.bytes], [undefined, 900]);
});

test('a cancelled verify ends as failed with CANCELLED, which nobody is shown as a failure', async () => {
  const lab = operationsLab(['quake']);
  lab.operations.download('quake', { install: false });
  await lab.clock.advance(5_000);
  lab.operations.verify('quake');
  assert.is(view(lab)?.operation?.kind, 'Verifying');
  lab.operations.cancel('quake');
  await lab.clock.advance(100);
  const last = lab.events.findLast((event) => event.event === 'verify-failed');
  assert.is(last && 'code' in last && last.code, 'CANCELLED');
  assert.equal([view(lab)?.lastFailure, view(lab)?.downloaded], [undefined, true]);
});

test('another folder is gone over to only while nothing runs, and nothing begins meanwhile', async () => {
  const lab = operationsLab(['quake']);
  lab.operations.download('quake', { install: false });
  const refused = await lab.operations.changeFolder(async () => assert.unreachable()).catch((error: unknown) => error);
  assert.is((refused as LanspreadError).code, 'OPERATIONS_ACTIVE');
  await lab.clock.advance(5_000);
  let during = '';
  await lab.operations.changeFolder(async () => {
    during = codeOf(() => lab.operations.verify('quake'));
  });
  assert.is(during, 'OPERATIONS_ACTIVE');
  assert.is(
    codeOf(() => lab.operations.verify('quake')),
    'accepted',
  );
  await lab.clock.advance(5_000);
});

test('a failure is shown until the next operation of the game begins', async () => {
  const lab = operationsLab(['quake']);
  lab.turn = () => ({ takesMs: 100, fails: 'DISK_FULL' });
  lab.operations.download('quake', { install: false });
  await lab.clock.advance(1_000);
  assert.equal([view(lab)?.lastFailure?.code, view(lab)?.resumable?.bytes], ['DISK_FULL', 1]);
  lab.turn = () => ({ takesMs: 100 });
  lab.operations.resume('quake');
  assert.is(view(lab)?.lastFailure, undefined);
  await lab.clock.advance(1_000);
  assert.equal([view(lab)?.lastFailure, view(lab)?.resumable, view(lab)?.downloaded], [undefined, undefined, true]);
  assert.is(lab.partials.get(rootOf('quake')), undefined);
});

test('only a peer with the content of which blocks are here counts as one that returned', () => {
  const game = { id: quake, version: '2' };
  const offering = (facts: object) => [
    { games: new Map([[quake, { id: quake, version: '2', sizeBytes: 1, availability: 'Ready' as const, ...facts }]]) },
  ];
  const kept = { version: '2', manifestRoot: 'a' };
  assert.ok(isOfferedAgain(game, offering({ root: 'a' }), kept));
  assert.ok(isOfferedAgain(game, offering({}), kept), 'it is still hashing');
  assert.not.ok(isOfferedAgain(game, offering({ root: 'b' }), kept));
  assert.ok(
    isOfferedAgain(game, offering({ root: 'b' }), { ...kept, version: '1' }),
    'the blocks are of another version',
  );
  assert.ok(isOfferedAgain(game, offering({ root: 'b' }), undefined));
  assert.not.ok(isOfferedAgain(game, offering({ availability: 'Partial' }), kept));
  assert.not.ok(isOfferedAgain(game, offering({ version: '1' }), kept));
  assert.not.ok(isOfferedAgain(game, [], kept));
});

test('downloads that cannot be listed in the database wait, break off, go on and end all the same', async () => {
  const lab = operationsLab(['quake', 'doom'], { limit: () => 1 });
  lab.stored.isFull = true;
  lab.turn = () => ({ takesMs: 100, peersGo: true });
  lab.operations.download('quake', { install: false });
  await lab.clock.advance(50);
  lab.setPeers(false);
  await lab.clock.advance(1_000);
  assert.equal(told(lab), ['download-begin', 'download-peers-gone']);
  lab.turn = () => ({ takesMs: 100 });
  lab.setPeers(true);
  lab.operations.download('doom', { install: false });
  assert.is(view(lab, 'doom')?.operation?.kind, 'Queued');
  await lab.clock.advance(1_000);
  assert.equal(told(lab).slice(2), ['download-begin', 'download-finished']);
  assert.equal(told(lab, 'doom'), ['download-begin', 'download-finished']);

  lab.disk.clear();
  lab.operations.download('quake', { install: false });
  lab.stored.isFull = false;
  lab.operations.download('doom', { install: false });
  const stored = lab.stored.downloads.map(({ gameId, phase }) => `${gameId} ${phase}`);
  assert.equal(stored, ['quake begun', 'doom waiting'], 'the next change stores them all');
  await lab.clock.advance(1_000);
});

test.run();
