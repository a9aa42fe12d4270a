import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError, parseGameId } from '../../../app/core/base/index.ts';
import { resolveManifest, type ContentChoice, type ResolveRequest } from '../../../app/core/manifests/index.ts';
import { fakeGame, FakeSwarm, type FakeGame } from '../../support/fake-swarm.ts';

const request: ResolveRequest = { gameId: parseGameId('game'), version: '2' };
const payload = { 'saga.eti': Buffer.alloc(2_000_000, 1), 'data/map.bin': Buffer.alloc(500, 2) };
const right = fakeGame(payload);
const wrong = fakeGame({ ...payload, 'data/map.bin': Buffer.alloc(500, 9) });
const asText = (sentinel: string): FakeGame => fakeGame(payload, { sentinel });

async function resolve(
  swarm: FakeSwarm,
  change: Partial<ResolveRequest> = {},
  onWaiting?: Parameters<typeof resolveManifest>[2]['onWaiting'],
): Promise<{ root: string; peers: readonly string[]; rootOf: Record<string, string> }> {
  const options = { signal: AbortSignal.timeout(20_000), onWaiting };
  const { hashed, peers, rootOf } = await resolveManifest(swarm.network, { ...request, ...change }, options);
  return { root: hashed.root, peers, rootOf: Object.fromEntries(rootOf) };
}

async function failure(promise: Promise<unknown>): Promise<LanspreadError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof LanspreadError) return error;
  }
  throw new Error('it did not fail as it has to');
}

const test = suite('the manifest of a version');

test('is the one that all agree on', async () => {
  const swarm = new FakeSwarm();
  for (const peerId of ['a', 'b']) swarm.add(peerId, right);
  assert.equal(await resolve(swarm), { root: right.hashed.root, peers: ['a', 'b'], rootOf: {} });
});

test('does not depend on how version.ini ends its lines, and everybody gives', async () => {
  const texts = ['version = 2\n', 'version = 2\r\n', 'version = 2', 'version=2  \r\n', '2'];
  const swarm = new FakeSwarm();
  for (const [index, text] of texts.entries()) swarm.add(`peer ${index}`, asText(text));
  const { root, peers, rootOf } = await resolve(swarm);
  assert.is(peers.length, texts.length);
  assert.is(Object.keys(rootOf).length, texts.length - 1);
  for (const [index, text] of texts.entries())
    assert.is(rootOf[`peer ${index}`] ?? root, asText(text).hashed.root, 'by the root it knows itself');
});

test('is the one without what an earlier Lanspread lists of its system', async () => {
  const swarm = new FakeSwarm();
  swarm.add(
    'earlier',
    fakeGame({ ...payload, 'Thumbs.db': Buffer.alloc(900, 3), 'data/desktop.ini': Buffer.alloc(9) }),
  );
  swarm.add('clean', right);
  assert.equal(await resolve(swarm), { root: right.hashed.root, peers: ['clean'], rootOf: {} });
});

test('is what all have where some have a few stray files beside it', async () => {
  const swarm = new FakeSwarm();
  swarm.add('a', fakeGame({ ...payload, 'setup.log': Buffer.alloc(400, 1) }));
  swarm.add('b', right);
  swarm.add('c', fakeGame({ ...payload, 'screenshot.png': Buffer.alloc(40_000, 1) }));
  assert.equal((await resolve(swarm)).root, right.hashed.root);
});

test('is asked of the player where people disagree: names, counts and files', async () => {
  const swarm = new FakeSwarm();
  swarm.add('id-1', right, { name: 'Anna' });
  swarm.add('id-2', wrong, { name: 'Bela' });
  swarm.add('id-3', right, { name: 'Cora' });
  const { code, message, details } = await failure(resolve(swarm));
  assert.is(code, 'MANIFEST_TIE');
  for (const word of ['Anna', 'Bela', 'Cora', 'data/map.bin', '2 PCs', '1 PC']) assert.match(message, word);
  assert.not.match(message, 'id-');
  const choices = details['choices'] as readonly ContentChoice[];
  assert.equal(
    choices.map(({ manifestHash, names, pcCount, fileCount, differingFiles }) => [
      manifestHash,
      names.join(),
      pcCount,
      fileCount,
      differingFiles.join(),
    ]),
    [
      [right.hashed.root, 'Anna,Cora', 2, 2, 'data/map.bin'],
      [wrong.hashed.root, 'Bela', 1, 2, 'data/map.bin'],
    ],
  );
  assert.is((await resolve(swarm, { chosenRoot: wrong.hashed.root })).root, wrong.hashed.root, 'as chosen');
  assert.is((await resolve(swarm, { begunRoot: right.hashed.root })).root, right.hashed.root, 'as begun');
});

test('names the first few of a crowd, and how many there are', async () => {
  const swarm = new FakeSwarm();
  for (let at = 10; at < 50; at += 1) swarm.add(`id-${at}`, right, { host: '10.0.0.9', name: `seat-${at}` });
  swarm.add('other', wrong);
  const { message, details } = await failure(resolve(swarm));
  const [, crowd] = (details['choices'] as readonly ContentChoice[]).toSorted((a, b) => a.peerCount - b.peerCount);
  assert.equal([crowd?.names.length, crowd?.peers.length, crowd?.peerCount, crowd?.pcCount], [16, 16, 40, 1]);
  assert.match(message, 'seat-13 and 36 more');
});

test('is never that of many identities on one PC', async () => {
  const swarm = new FakeSwarm();
  for (const peerId of ['honest 1', 'honest 2']) swarm.add(peerId, right);
  for (let index = 0; index < 30; index += 1) swarm.add(`evil ${index}`, wrong, { host: '10.0.0.9' });
  assert.is((await failure(resolve(swarm))).code, 'MANIFEST_TIE');
  swarm.add('honest 3', right);
  assert.is((await resolve(swarm)).root, right.hashed.root, 'three PCs against one');
});

test('is waited for while honest PCs still read their files, and it is told whom', async () => {
  const swarm = new FakeSwarm();
  let asked = 0;
  const isReading = (): { code: string; percent: number } | undefined =>
    (asked += 1) < 8 ? { code: 'MANIFEST_PENDING', percent: asked * 10 } : undefined;
  swarm.add('quick', wrong);
  swarm.add('slow 1', right, { refuses: isReading, tellsNoRoot: true });
  swarm.add('slow 2', right, { refuses: isReading, tellsNoRoot: true });
  const told: string[] = [];
  const error = await failure(
    resolve(swarm, {}, (waitsFor) => void told.push(waitsFor.map((one) => one.peerId).join())),
  );
  assert.is(error.code, 'MANIFEST_TIE', 'the quick one has not won');
  assert.ok(told.includes('slow 1,slow 2'), told.join('; '));
  assert.is(told.at(-1), '');
});

test('is got from those who keep their word, whoever answered first', async () => {
  const refuses = ({ rootOnly }: { rootOnly: boolean }) => (rootOnly ? undefined : { code: 'DISK_FULL' });
  const swarm = new FakeSwarm();
  swarm.add('a liar', right, { refuses });
  const slowly = { beforeManifest: () => new Promise<void>((done) => void setTimeout(done, 200)) };
  swarm.add('honest', right, slowly);
  const expected = { root: right.hashed.root, peers: ['honest'], rootOf: {} };
  assert.equal(await resolve(swarm), expected);
  assert.equal(await resolve(swarm, { pinnedRoot: right.hashed.root }), expected);
  const alone = new FakeSwarm();
  alone.add('a liar', right, { refuses });
  assert.is((await failure(resolve(alone))).code, 'NOT_SERVED', 'its disk is not ours');
});

test('is the pinned one on PCs whose version.ini is written otherwise, and never another one', async () => {
  const pinnedRoot = asText('version = 2\n').hashed.root;
  const swarm = new FakeSwarm();
  swarm.add('a', asText('version = 2\r\n'));
  const { root, peers } = await resolve(swarm, { pinnedRoot });
  assert.equal([root, peers], [pinnedRoot, ['a']]);
  const other = new FakeSwarm();
  for (const peerId of ['a', 'b', 'c', 'd']) other.add(peerId, wrong);
  assert.is((await failure(resolve(other, { pinnedRoot }))).code, 'NO_PEERS');
});

test.run();
