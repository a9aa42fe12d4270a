import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LanspreadError, parseGameId } from '../../../app/core/base/index.ts';
import { blockSizeBytes } from '../../../app/core/protocol/index.ts';
import { repair, verify, type VerifyContext } from '../../../app/core/blocks/repair.ts';
import { stopReason } from '../../../app/core/blocks/stop.ts';
import type { RepairOutcome, VerifyRequest, VerifyResult } from '../../../app/core/blocks/types.ts';
import { flipByte } from '../../support/archives.ts';
import { failure } from '../../support/failure.ts';
import { downloadLab, fakeGame, hang, type DownloadLab, type FakeGame } from '../../support/fake-swarm.ts';
import { seededBytes } from '../../support/random.ts';

const blocks = (count: number, seed = 'game'): Buffer => seededBytes(seed, count * blockSizeBytes);
const game = fakeGame(
  { 'game.eti': blocks(4), 'data/small.bin': Buffer.from('small'), 'data/empty.bin': Buffer.alloc(0) },
  { directories: ['saves'] },
);

const contextOf = ({ context, state }: DownloadLab): VerifyContext => ({
  ...context,
  library: {
    ...context.library,
    manifest: async () => {
      throw new LanspreadError('NOT_DOWNLOADED');
    },
  },
  state,
});

const requestOf = ({ root }: DownloadLab, extra: Partial<VerifyRequest> = {}): VerifyRequest => ({
  gameId: parseGameId('game'),
  version: '2',
  root,
  ...extra,
});

const signal = AbortSignal.timeout(60_000);
const silent = { onBegin: () => {}, onProgress: () => {} };
const deaf = { ...silent, onBlocksVerified: () => {}, onPeerStruck: () => {} };

const verified = (lab: DownloadLab, extra?: Partial<VerifyRequest>): Promise<VerifyResult> =>
  verify(contextOf(lab), requestOf(lab, extra), { listener: silent, signal });
const repaired = (lab: DownloadLab, stop = signal): Promise<RepairOutcome> =>
  repair(contextOf(lab), requestOf(lab), { verifying: silent, downloading: deaf, signal: stop });

/** A lab in which the game was downloaded from `a`. */
async function downloaded(source: FakeGame = game): Promise<DownloadLab> {
  const lab = await downloadLab();
  lab.swarm.add('a', source);
  assert.is((await lab.run()).kind, 'finished');
  lab.swarm.sent.length = 0;
  return lab;
}

async function assertWhole({ root, state }: DownloadLab): Promise<void> {
  for (const [path, bytes] of game.content) assert.ok((await readFile(join(root, path))).equals(bytes), path);
  assert.equal(await readdir(join(root, 'saves')), []);
  assert.is(await readFile(join(root, 'version.ini'), 'utf8'), 'version = 2\n');
  assert.is(state.partials.get(root), undefined);
  assert.is(state.intents.get(root), undefined);
}

test('a sound download verifies as sound against the manifest it was made from, with nobody else there', async () => {
  await using lab = await downloaded();
  lab.swarm.remove('a');
  assert.equal(await verified(lab), {
    version: '2',
    manifestRoot: game.hashed.root,
    source: 'download',
    sound: true,
    badFiles: [],
    missingFiles: [],
    extraFiles: [],
    badBlocks: 0,
    badBytes: 0,
    totalBytes: game.layout.totalBytes,
  });
});

test('wrong bytes, a short file, a missing one and one too many are each named, and nothing is changed', async () => {
  await using lab = await downloaded();
  await flipByte(join(lab.root, 'game.eti'), 2 * blockSizeBytes + 5);
  await truncate(join(lab.root, 'data/small.bin'), 2);
  await rm(join(lab.root, 'data/empty.bin'));
  await writeFile(join(lab.root, 'screenshot.png'), 'mine');
  await mkdir(join(lab.root, 'local'));
  await writeFile(join(lab.root, 'local/save'), 'mine');
  const before = (await readdir(lab.root, { recursive: true })).toSorted();
  const result = await verified(lab);
  assert.equal(result.badFiles, ['data/empty.bin', 'data/small.bin', 'game.eti']);
  assert.equal(result.missingFiles, ['data/empty.bin']);
  assert.equal(result.extraFiles, ['screenshot.png']);
  assert.equal([result.sound, result.badBlocks, result.badBytes], [false, 2, blockSizeBytes + 5]);
  assert.equal((await readdir(lab.root, { recursive: true })).toSorted(), before);
});

test('the catalog’s root goes before the own manifest, which goes before the peers', async () => {
  await using lab = await downloaded();
  const other = fakeGame({ 'game.eti': blocks(4, 'other') });
  lab.swarm.remove('a');
  lab.swarm.add('b', other);
  assert.is((await verified(lab)).source, 'download');
  assert.is((await verified(lab, { pinnedRoot: game.hashed.root })).source, 'catalog');
  const pinned = await verified(lab, { pinnedRoot: other.hashed.root });
  assert.equal([pinned.source, pinned.manifestRoot, pinned.sound], ['catalog', other.hashed.root, false]);
  lab.state.payloads.clear(lab.root);
  const agreed = await verified(lab);
  assert.equal([agreed.source, agreed.manifestRoot], ['peers', other.hashed.root]);
});

test('what the catalog says is something else is never called sound or repaired for want of anybody who has it', async () => {
  await using lab = await downloaded();
  const rotten = fakeGame({ 'game.eti': blocks(4, 'rotten') });
  lab.swarm.remove('a');
  lab.state.payloads.clear(lab.root);
  const manifest = async (): Promise<typeof rotten.hashed> => rotten.hashed;
  const context = contextOf(lab);
  const scanning = { ...context, library: { ...context.library, manifest } };
  const request = requestOf(lab, { pinnedRoot: game.hashed.root });
  const told = await failure(verify(scanning, request, { listener: silent, signal }));
  assert.is(told.code, 'NO_PEERS');
  const outcome = await repair(scanning, request, { verifying: silent, downloading: deaf, signal });
  assert.is(outcome.kind === 'failed' && outcome.code, 'NO_PEERS');
  assert.is(await readFile(join(lab.root, 'version.ini'), 'utf8'), 'version = 2\n');
});

test('a repair fetches the differing blocks alone, and puts back what is missing', async () => {
  await using lab = await downloaded();
  await flipByte(join(lab.root, 'game.eti'), 2 * blockSizeBytes + 5);
  await rm(join(lab.root, 'data/empty.bin'));
  await rm(join(lab.root, 'saves'), { recursive: true });
  await writeFile(join(lab.root, 'screenshot.png'), 'mine');
  const outcome = await repaired(lab);
  assert.is(outcome.kind, 'finished', JSON.stringify(outcome));
  const block = game.layout.firstBlockOf(game.hashed.manifest.files.findIndex(({ path }) => path === 'game.eti')) + 2;
  assert.equal(lab.swarm.sent, [`a:${block}`]);
  await assertWhole(lab);
  assert.is(await readFile(join(lab.root, 'screenshot.png'), 'utf8'), 'mine');
  assert.ok((await verified(lab)).sound);
});

test('a file that grew is cut to its size without a byte from anybody', async () => {
  await using lab = await downloaded();
  await writeFile(join(lab.root, 'game.eti'), Buffer.concat([blocks(4), Buffer.from('tail')]));
  lab.swarm.remove('a');
  assert.is((await repaired(lab)).kind, 'finished');
  await assertWhole(lab);
});

test('with nobody to fetch from a repair fails before it touches anything', async () => {
  await using lab = await downloaded();
  await flipByte(join(lab.root, 'game.eti'), 5);
  lab.swarm.remove('a');
  const outcome = await repaired(lab);
  assert.is(outcome.kind === 'failed' && outcome.code, 'NO_PEERS');
  assert.is(await readFile(join(lab.root, 'version.ini'), 'utf8'), 'version = 2\n');
  assert.is(lab.state.partials.get(lab.root), undefined);
});

test('a repair never takes other content for this version from peers', async () => {
  await using lab = await downloaded();
  await flipByte(join(lab.root, 'game.eti'), 5);
  lab.swarm.remove('a');
  lab.swarm.add('b', fakeGame({ 'game.eti': blocks(4, 'other') }));
  const outcome = await repaired(lab);
  assert.is(outcome.kind === 'failed' && outcome.code, 'NO_PEERS');
  assert.equal(lab.swarm.sent, []);
});

test('while it is repaired a game is not complete; cancelled, it is a resumable download and loses nothing', async () => {
  await using lab = await downloaded();
  for (const block of [0, 1, 2]) await flipByte(join(lab.root, 'game.eti'), block * blockSizeBytes);
  lab.swarm.remove('a');
  const stop = new AbortController();
  const sentinels: boolean[] = [];
  let asked = 0;
  lab.swarm.add('b', game, {
    async before(_block, signalOfFetch) {
      const isFirst = (asked += 1) < 2;
      sentinels.push((await readdir(lab.root)).includes('version.ini'));
      if (isFirst) return;
      stop.abort(stopReason('cancel'));
      await hang(signalOfFetch);
    },
  });
  const outcome = await repaired(lab, stop.signal);
  assert.is(outcome.kind === 'failed' && outcome.code, 'CANCELLED');
  assert.ok(sentinels.length > 0 && !sentinels.includes(true));
  assert.is(lab.state.intents.get(lab.root), undefined);
  const kept = lab.state.partials.get(lab.root);
  assert.ok(kept && kept.verifiedBytes >= blockSizeBytes, 'the block that was sound counts');
  assert.ok((await readdir(lab.root)).includes('game.eti'));
  lab.swarm.remove('b');
  lab.swarm.add('c', game);
  assert.is((await lab.run()).kind, 'finished', 'a resume completes it');
  await assertWhole(lab);
});

test('a repair that was broken off is repaired by another repair, too', async () => {
  await using lab = await downloaded();
  for (const block of [0, 1]) await flipByte(join(lab.root, 'game.eti'), block * blockSizeBytes);
  lab.swarm.remove('a');
  let asked = 0;
  lab.swarm.add('b', game, { before: () => void ((asked += 1) > 1 && lab.swarm.remove('b')) });
  assert.is((await repaired(lab)).kind, 'peers-gone');
  lab.swarm.add('c', game);
  assert.is((await repaired(lab)).kind, 'finished');
  await assertWhole(lab);
});

test('a repair of a broken-off change of version leaves nothing of the version before', async () => {
  const before = fakeGame(
    { 'game.eti': blocks(4, 'before'), 'only before.txt': Buffer.from('before') },
    { version: '1' },
  );
  await using lab = await downloadLab();
  lab.swarm.add('old', before);
  assert.is((await lab.run({ request: { version: '1' } })).kind, 'finished');
  await writeFile(join(lab.root, 'mine.txt'), 'mine');
  lab.swarm.remove('old');
  let asked = 0;
  lab.swarm.add('a', game, { before: () => void ((asked += 1) > 1 && lab.swarm.remove('a')) });
  assert.is((await lab.run()).kind, 'peers-gone');
  lab.swarm.add('b', game);
  assert.is((await repaired(lab)).kind, 'finished');
  await assertWhole(lab);
  assert.equal((await readdir(lab.root)).toSorted(), ['data', 'game.eti', 'mine.txt', 'saves', 'version.ini']);
});

test.run();
