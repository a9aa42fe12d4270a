import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  appendFile,
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LanspreadError, nodeFileSystem } from '../../../app/core/base/index.ts';
import { blockSizeBytes } from '../../../app/core/protocol/index.ts';
import { stopReason } from '../../../app/core/blocks/stop.ts';
import type { DownloadOutcome } from '../../../app/core/blocks/types.ts';
import { downloadLab, fakeGame, hang, type DownloadLab, type FakeGame } from '../../support/fake-swarm.ts';
import { faultFileSystem, systemError } from '../../support/fault-file-system.ts';
import { seededBytes } from '../../support/random.ts';
import { hasExecutableBit } from '../../support/trees.ts';

const blocks = (count: number, seed = 'game'): Buffer => seededBytes(seed, count * blockSizeBytes);
/** Twelve blocks in one file. */
const twelveBlocks = fakeGame({ 'game.eti': blocks(12) });
const plainGame = (): FakeGame => twelveBlocks;

async function assertComplete({ root, state }: DownloadLab, { content, hashed }: FakeGame): Promise<void> {
  for (const [path, bytes] of content) assert.ok((await readFile(join(root, path))).equals(bytes), path);
  assert.is(await readFile(join(root, 'version.ini'), 'utf8'), hashed.manifest.sentinel);
  assert.is(state.partials.get(root), undefined);
  assert.is(state.intents.get(root), undefined);
  const names = await readdir(root);
  assert.equal(
    names.filter((name) => name.startsWith('.version')),
    [],
  );
}

async function write(root: string, files: Record<string, string | Buffer>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
}

const isThere = async (path: string): Promise<boolean> =>
  await lstat(path).then(
    () => true,
    () => false,
  );

/** The numbers of the blocks that were sent, in order. */
const sentBlocks = ({ swarm }: DownloadLab): number[] =>
  swarm.sent.map((entry) => Number(entry.split(':')[1])).toSorted((a, b) => a - b);

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

test('a game arrives from two peers with every file, empty file, empty folder and executable bit', async () => {
  await using lab = await downloadLab();
  const game = fakeGame(
    {
      'game.eti': blocks(9),
      'bin/run.sh': Buffer.from('#!/bin/sh\n'),
      'data/empty.bin': Buffer.alloc(0),
      'data/short.bin': blocks(2).subarray(0, blockSizeBytes + 1),
    },
    { directories: ['saves/none'], executables: ['bin/run.sh'] },
  );
  lab.swarm.add('a', game);
  lab.swarm.add('b', game);
  const outcome = await lab.run();
  assert.equal(outcome, {
    kind: 'finished',
    manifestRoot: game.hashed.root,
    totalBytes: game.layout.totalBytes,
  });
  await assertComplete(lab, game);
  assert.equal(await readdir(join(lab.root, 'saves/none')), []);
  assert.is((await nodeFileSystem.lstat(join(lab.root, 'bin/run.sh'))).executable, hasExecutableBit);
  assert.not((await nodeFileSystem.lstat(join(lab.root, 'game.eti'))).executable);
  assert.equal(sentBlocks(lab), upTo(game.layout.blockCount), 'each block once');
  const kinds = lab.told.map(({ kind }) => kind);
  assert.is(kinds[0], 'begin');
  assert.equal(lab.told[1], { kind: 'progress', bytes: 0, bytesPerSecond: 0 });
  const last = lab.told.findLast(({ kind }) => kind === 'progress');
  assert.is(last?.kind === 'progress' && last.bytes, game.layout.totalBytes);
  const verified = lab.told.reduce((sum, told) => sum + (told.kind === 'verified' ? told.count : 0), 0);
  assert.is(verified, game.layout.blockCount);
  assert.equal(lab.library, ['refresh', 'partial', 'adopt', 'no partial']);
  assert.is(lab.context.live.size, 0);
  assert.is(lab.swarm.openStreams, 0);
});

test('a damaged block of one of two peers is fetched from the other', async () => {
  await using lab = await downloadLab();
  const game = plainGame();
  lab.swarm.add('liar', game, { spoils: () => true });
  lab.swarm.add('sound', game);
  assert.is((await lab.run()).kind, 'finished');
  await assertComplete(lab, game);
  const strikes = lab.told.filter(({ kind }) => kind === 'struck');
  assert.ok(strikes.length > 0 && strikes.length <= 3);
  assert.ok(strikes.every((told) => told.kind === 'struck' && told.peerId === 'liar' && told.file === 'game.eti'));
});

test('a single source that sends a damaged block ends in NO_SOUND_SOURCE, which names it and keeps the rest', async () => {
  await using lab = await downloadLab();
  const game = fakeGame({ 'a.bin': blocks(1, 'a'), 'b.bin': blocks(2, 'b') });
  lab.swarm.add('liar', game, { spoils: (block) => block === 2 });
  const outcome = await lab.run();
  assert.is(outcome.kind, 'failed');
  if (outcome.kind !== 'failed') return;
  assert.is(outcome.code, 'NO_SOUND_SOURCE');
  assert.equal(outcome.details, { peerId: 'liar', file: 'b.bin', block: 1 });
  assert.is(outcome.resumableBytes, 2 * blockSizeBytes);
  assert.not.ok(await isThere(join(lab.root, 'version.ini')));
});

test('a peer that is lost mid-way leaves its share to the others', async () => {
  await using lab = await downloadLab();
  const game = plainGame();
  let seen = 0;
  lab.swarm.add('short', game, {
    before: (_block, signal) => ((seen += 1) > 1 ? hang(signal) : undefined),
  });
  const leave = Promise.withResolvers<void>();
  lab.swarm.add('long', game, { before: () => leave.promise });
  const onTold = (told: DownloadLab['told'][number]): void => {
    if (told.kind !== 'verified' && told.kind !== 'progress') return;
    if (seen < 2) return;
    lab.swarm.remove('short');
    leave.resolve();
  };
  assert.is((await lab.run({ onTold })).kind, 'finished');
  await assertComplete(lab, game);
  assert.ok(seen >= 2);
});

test('with all peers gone it stays resumable, and a resume fetches no verified block again', async () => {
  await using lab = await downloadLab();
  const game = plainGame();
  const before = (): void => {
    if (lab.swarm.sent.length >= 5) lab.swarm.remove('a');
  };
  lab.swarm.add('a', game, { before });
  const outcome = await lab.run();
  assert.is(outcome.kind, 'peers-gone');
  const first = sentBlocks(lab);
  assert.ok(first.length > 0 && first.length < 12);
  assert.equal(outcome, { kind: 'peers-gone', resumableBytes: first.length * blockSizeBytes });
  assert.is(lab.state.partials.get(lab.root)?.unclean, false);
  lab.swarm.add('b', game);
  assert.is((await lab.run()).kind, 'finished');
  await assertComplete(lab, game);
  assert.equal(sentBlocks(lab), upTo(12), 'each block once in all');
  assert.is(lab.hashedBlocks, 0, 'a clean record is believed');
});

test('after a crash the blocks that the record claims are hashed; wrong ones are fetched again', async () => {
  await using lab = await downloadLab();
  const game = plainGame();
  lab.swarm.add('a', game, { before: () => void (lab.swarm.sent.length >= 5 && lab.swarm.remove('a')) });
  assert.is((await lab.run()).kind, 'peers-gone');
  const partial = lab.state.partials.get(lab.root);
  assert.ok(partial);
  if (!partial) return;
  const kept = partial.verifiedBytes / blockSizeBytes;
  assert.ok(kept >= 2);
  // As after a power cut: the record was written, two of its blocks were not.
  const path = join(lab.root, 'game.eti');
  const bytes = await readFile(path);
  const [wrong = -1, other = -1] = sentBlocks(lab);
  for (const block of [wrong, other]) bytes.fill(0, block * blockSizeBytes, (block + 1) * blockSizeBytes);
  await writeFile(path, bytes);
  lab.state.partials.put({ ...partial, unclean: true });
  lab.swarm.sent.length = 0;
  lab.swarm.add('b', game);
  assert.is((await lab.run()).kind, 'finished');
  await assertComplete(lab, game);
  assert.is(lab.hashedBlocks, kept);
  assert.is(lab.swarm.sent.length, 12 - kept + 2);
  assert.ok(lab.swarm.sent.includes(`b:${wrong}`) && lab.swarm.sent.includes(`b:${other}`));
});

test('what was changed in a paused download is fetched again, whatever its times say', async () => {
  await using lab = await downloadLab();
  const game = plainGame();
  lab.swarm.add('a', game, { before: () => void (lab.swarm.sent.length >= 5 && lab.swarm.remove('a')) });
  assert.is((await lab.run()).kind, 'peers-gone');
  const [block = 0] = sentBlocks(lab);
  const path = join(lab.root, 'game.eti');
  const { atime, mtime } = await stat(path);
  const bytes = await readFile(path);
  bytes[block * blockSizeBytes] = (bytes[block * blockSizeBytes] ?? 0) ^ 1;
  await writeFile(path, bytes);
  await utimes(path, atime, mtime);
  assert.is(lab.state.partials.get(lab.root)?.unclean, false);
  lab.swarm.add('b', game);
  assert.is((await lab.run()).kind, 'finished');
  await assertComplete(lab, game);
  assert.ok(lab.swarm.sent.includes(`b:${block}`));
});

test('a cancel discards what was fetched and leaves local/ and foreign files alone', async () => {
  await using lab = await downloadLab();
  const game = fakeGame({ 'game.eti': blocks(4), 'data/x.bin': blocks(1, 'x') });
  await write(lab.root, { 'local/save.dat': 'mine', 'notes.txt': 'mine too' });
  const stop = new AbortController();
  let asked = 0;
  lab.swarm.add('a', game, {
    before(_block, signal) {
      if ((asked += 1) < 3) return;
      stop.abort(stopReason('cancel'));
      return hang(signal);
    },
  });
  assert.equal(await lab.run({ signal: stop.signal }), { kind: 'cancelled' });
  assert.equal((await readdir(lab.root)).toSorted(), ['local', 'notes.txt']);
  assert.is(await readFile(join(lab.root, 'local/save.dat'), 'utf8'), 'mine');
  assert.is(lab.state.partials.get(lab.root), undefined);
  assert.is(lab.state.intents.get(lab.root), undefined);
});

test('a cancel of a new download takes the root with it', async () => {
  await using lab = await downloadLab();
  const stop = new AbortController();
  lab.swarm.add('a', plainGame(), {
    before(_block, signal) {
      stop.abort(stopReason('cancel'));
      return hang(signal);
    },
  });
  assert.equal(await lab.run({ signal: stop.signal }), { kind: 'cancelled' });
  assert.not.ok(await isThere(lab.root));
});

test('a pause keeps what is verified', async () => {
  await using lab = await downloadLab();
  const game = plainGame();
  const stop = new AbortController();
  let asked = 0;
  lab.swarm.add('a', game, {
    before(_block, signal) {
      if ((asked += 1) <= 3) return;
      stop.abort(stopReason('pause'));
      return hang(signal);
    },
  });
  const outcome = await lab.run({ signal: stop.signal });
  assert.equal(outcome, { kind: 'paused', resumableBytes: lab.swarm.sent.length * blockSizeBytes });
  assert.is(lab.state.partials.get(lab.root)?.unclean, false);
  assert.is(lab.state.intents.get(lab.root), undefined);
});

test('a cancel while peers are asked is answered within half a second and leaves no stream', async () => {
  await using lab = await downloadLab();
  const asked = Promise.withResolvers<void>();
  lab.swarm.add('mute', plainGame(), {
    beforeManifest(signal) {
      asked.resolve();
      return hang(signal);
    },
  });
  const stop = new AbortController();
  const outcome = lab.run({ signal: stop.signal });
  await asked.promise;
  const started = performance.now();
  stop.abort(stopReason('cancel'));
  assert.equal(await outcome, { kind: 'cancelled' });
  assert.ok(performance.now() - started < 500);
  assert.is(lab.swarm.openStreams, 0);
  assert.not.ok(await isThere(lab.root));
});

test('an update parks the old sentinel, reuses equal blocks and deletes what the new version does not name', async () => {
  await using lab = await downloadLab();
  await write(lab.root, {
    'version.ini': 'version = 1\n',
    'same.bin': blocks(2, 'same'),
    'old/gone.bin': 'old',
    data: 'was a file',
    'local/save.dat': 'mine',
    '.sync/x': 'theirs',
  });
  await mkdir(join(lab.root, 'becomes-file'));
  const game = fakeGame({
    'same.bin': blocks(2, 'same'),
    'data/new.bin': blocks(1, 'new'),
    'becomes-file': Buffer.from('x'),
  });
  const during: boolean[] = [];
  lab.swarm.add('a', game, {
    async before() {
      during.push(
        await isThere(join(lab.root, 'version.ini')),
        await isThere(join(lab.root, '.version.ini.discarded')),
      );
    },
  });
  const outcome = await lab.run();
  assert.is(outcome.kind, 'finished', JSON.stringify(outcome));
  await assertComplete(lab, game);
  assert.equal(during.slice(0, 2), [false, true]);
  assert.is(lab.swarm.sent.length, 2, 'only what is new');
  assert.equal((await readdir(lab.root)).toSorted(), [
    '.sync',
    'becomes-file',
    'data',
    'local',
    'same.bin',
    'version.ini',
  ]);
  assert.is(await readFile(join(lab.root, 'local/save.dat'), 'utf8'), 'mine');
});

test('a cancelled update does not bring the old sentinel back', async () => {
  await using lab = await downloadLab();
  await write(lab.root, { 'version.ini': 'version = 1\n', 'local/save.dat': 'mine' });
  const stop = new AbortController();
  lab.swarm.add('a', plainGame(), {
    before(_block, signal) {
      stop.abort(stopReason('cancel'));
      return hang(signal);
    },
  });
  assert.equal(await lab.run({ signal: stop.signal }), { kind: 'cancelled' });
  assert.equal(await readdir(lab.root), ['local']);
});

test('peers of two minds are a tie that names them; nothing on disk changes', async () => {
  await using lab = await downloadLab();
  await write(lab.root, { 'version.ini': 'version = 1\n' });
  lab.swarm.add('a', fakeGame({ 'game.eti': blocks(1, 'one') }));
  lab.swarm.add('b', fakeGame({ 'game.eti': blocks(1, 'two') }));
  const outcome = await lab.run();
  assert.is(outcome.kind === 'failed' && outcome.code, 'MANIFEST_TIE');
  assert.match(outcome.kind === 'failed' ? outcome.message : '', /\ba\b.*\bb\b|\bb\b.*\ba\b/);
  assert.equal(await readdir(lab.root), ['version.ini']);
});

test('peers outside the winning group give no bytes', async () => {
  await using lab = await downloadLab();
  const game = plainGame();
  lab.swarm.add('other', fakeGame({ 'game.eti': blocks(12, 'other') }));
  for (const peerId of ['a', 'b', 'c']) lab.swarm.add(peerId, game);
  assert.is((await lab.run()).kind, 'finished');
  await assertComplete(lab, game);
  assert.not.ok(lab.swarm.sent.some((entry) => entry.startsWith('other')));
});

test('a peer that comes while the download runs takes part', async () => {
  await using lab = await downloadLab();
  const game = plainGame();
  let asked = 0;
  lab.swarm.add('a', game, {
    before(_block, signal) {
      if ((asked += 1) < 2) return;
      if (asked === 2) lab.swarm.add('late', game);
      return hang(signal);
    },
  });
  const onTold = (told: DownloadLab['told'][number]): void => {
    // The first one stands still from its second block on; it leaves once the late one has done what it may.
    if (told.kind === 'progress' && lab.swarm.sent.some((entry) => entry.startsWith('late'))) lab.swarm.remove('a');
  };
  assert.is((await lab.run({ onTold })).kind, 'finished');
  await assertComplete(lab, game);
});

test('without peers the download fails with NO_PEERS', async () => {
  await using lab = await downloadLab();
  lab.swarm.add('old', fakeGame({ 'game.eti': blocks(1) }, { version: '1' }));
  const outcome = await lab.run();
  assert.is(outcome.kind === 'failed' && outcome.code, 'NO_PEERS');
  assert.not.ok(await isThere(lab.root));
});

test('too little room is said before anything changes, with both numbers', async () => {
  await using lab = await downloadLab({
    wrap: (fileSystem) => ({ ...fileSystem, space: async () => ({ freeBytes: 1_000, totalBytes: 2_000 }) }),
  });
  lab.swarm.add('a', plainGame());
  const outcome = await lab.run({ request: { willInstall: true, unpackedSizeBytes: 1_000_000 } });
  assert.is(outcome.kind === 'failed' && outcome.code, 'DISK_FULL');
  const neededBytes = Math.ceil((12 * blockSizeBytes + 1_000_000) * 1.02);
  assert.equal(outcome.kind === 'failed' && outcome.details, { neededBytes, freeBytes: 1_000 });
  assert.not.ok(await isThere(lab.root));
  assert.is(lab.state.partials.get(lab.root), undefined);
});

test('a disk that fills up while blocks arrive ends in DISK_FULL and keeps what is verified', async () => {
  await using lab = await downloadLab();
  const game = plainGame();
  lab.swarm.add('a', game, {
    before() {
      if (lab.swarm.sent.length >= 5) throw new LanspreadError('DISK_FULL', { details: { path: 'game.eti' } });
    },
  });
  const outcome = await lab.run();
  assert.is(outcome.kind === 'failed' && outcome.code, 'DISK_FULL');
  assert.is(resumableBytes(outcome), lab.swarm.sent.length * blockSizeBytes);
  assert.ok(resumableBytes(outcome) > 0);
});

function resumableBytes(outcome: DownloadOutcome): number {
  return 'resumableBytes' in outcome ? outcome.resumableBytes : -1;
}

test('a file that grew or went while it was downloaded is never called complete, and a resume puts it right', async () => {
  for (const spoil of [(path: string) => appendFile(path, 'x'), (path: string) => rm(path)]) {
    await using lab = await downloadLab();
    const game = fakeGame({ 'a small.bin': Buffer.from('small'), 'game.eti': blocks(3) });
    // It is here already, so that it is verified when the first block is asked for.
    await write(lab.root, { 'a small.bin': 'small' });
    let isSpoilt = false;
    const before = async (): Promise<void> => {
      if (!isSpoilt) await spoil(join(lab.root, 'a small.bin'));
      isSpoilt = true;
    };
    lab.swarm.add('a', game, { before });
    const outcome = await lab.run();
    assert.is(outcome.kind === 'failed' && outcome.code, 'IO_ERROR', JSON.stringify(outcome));
    assert.not.ok((await readdir(lab.root)).includes('version.ini'));
    assert.is((await lab.run()).kind, 'finished');
    await assertComplete(lab, game);
  }
});

test('a state that cannot be stored while blocks arrive does not end the download', async () => {
  await using lab = await downloadLab();
  const game = plainGame();
  lab.swarm.add('a', game);
  const { partials } = lab.state;
  const broken = { ...partials, progress: () => assert.unreachable('stored') };
  Object.assign(broken, {
    get: partials.get.bind(partials),
    put: partials.put.bind(partials),
    clear: partials.clear.bind(partials),
  });
  Object.assign(lab.context, {
    state: {
      intents: lab.state.intents,
      payloads: lab.state.payloads,
      partials: broken,
      transaction: (work: () => unknown) => lab.state.transaction(work),
    },
  });
  assert.is((await lab.run()).kind, 'finished');
  await assertComplete(lab, game);
});

test('whatever step on disk fails, the download ends in its code and a second try completes it', async () => {
  const steps = new Map<number, string>();
  const game = fakeGame(
    { 'game.eti': seededBytes('small', 5_000), 'bin/run.sh': Buffer.from('x'), 'empty.bin': Buffer.alloc(0) },
    { directories: ['saves'], executables: ['bin/run.sh'] },
  );
  const attempt = async (failing: number | undefined): Promise<void> => {
    let isBroken = true;
    await using lab = await downloadLab({
      wrap: (fileSystem) =>
        faultFileSystem(fileSystem, ({ number, name }) => {
          if (failing === undefined) steps.set(number, name);
          else if (isBroken && number === failing) throw systemError('EIO');
        }),
    });
    await write(lab.root, { 'version.ini': 'version = 1\n', 'old.bin': 'old' });
    lab.swarm.add('a', game);
    const outcome = await lab.run();
    if (failing === undefined) {
      assert.is(outcome.kind, 'finished');
      return;
    }
    isBroken = false;
    if (outcome.kind === 'failed') {
      assert.is(outcome.code, 'IO_ERROR', steps.get(failing));
      const sentinel = await readFile(join(lab.root, 'version.ini'), 'utf8').catch(() => undefined);
      assert.ok(sentinel !== 'version = 1\n' || lab.swarm.sent.length === 0, 'no old sentinel beside new payload');
      assert.is((await lab.run()).kind, 'finished', `after ${steps.get(failing)}`);
    }
    await assertComplete(lab, game);
  };
  await attempt(undefined);
  assert.ok(steps.size > 10);
  for (const failing of steps.keys()) await attempt(failing);
});

test('a game root that is a link is refused', async () => {
  await using lab = await downloadLab();
  await mkdir(`${lab.root}-elsewhere`);
  await symlink(`${lab.root}-elsewhere`, lab.root, 'junction');
  lab.swarm.add('a', plainGame());
  const outcome = await lab.run();
  assert.is(outcome.kind === 'failed' && outcome.code, 'UNSAFE_ROOT');
  assert.equal(await readdir(`${lab.root}-elsewhere`), []);
});

test('folders that have the names of the sentinel and its transients are set aside, not taken for ours', async () => {
  await using lab = await downloadLab();
  const names = ['.version.ini.discarded', '.version.ini.tmp', 'version.ini'];
  for (const name of names) await write(lab.root, { [`${name}/mine.txt`]: 'mine' });
  lab.swarm.add('a', plainGame());
  const outcome = await lab.run();
  assert.is(outcome.kind, 'finished', JSON.stringify(outcome));
  await assertComplete(lab, plainGame());
  const [aside = ''] = (await readdir(lab.root)).filter((name) => name.startsWith('.local.conflict-'));
  for (const name of names) assert.is(await readFile(join(lab.root, aside, name, 'mine.txt'), 'utf8'), 'mine');
});

test('a folder on the way that is a link is refused', async () => {
  await using lab = await downloadLab();
  await mkdir(`${lab.root}-elsewhere`);
  await mkdir(lab.root);
  await symlink(`${lab.root}-elsewhere`, join(lab.root, 'data'), 'junction');
  lab.swarm.add('a', fakeGame({ 'data/x.bin': blocks(1) }));
  const outcome = await lab.run();
  assert.is(outcome.kind === 'failed' && outcome.code, 'INVALID_PATH');
  assert.equal(await readdir(`${lab.root}-elsewhere`), []);
});

test('executable bits that the sender does not have are taken away', async () => {
  await using lab = await downloadLab();
  await write(lab.root, { 'game.eti': blocks(1) });
  await chmod(join(lab.root, 'game.eti'), 0o755);
  const game = fakeGame({ 'game.eti': blocks(1) });
  lab.swarm.add('a', game);
  assert.is((await lab.run()).kind, 'finished');
  assert.is(lab.swarm.sent.length, 0, 'payload that is here already is adopted');
  assert.not((await nodeFileSystem.lstat(join(lab.root, 'game.eti'))).executable);
});

test('a listener that fails at the beginning ends the download before anything is asked of a peer', async () => {
  await using lab = await downloadLab();
  const asked: number[] = [];
  lab.swarm.add('a', plainGame(), { before: (block) => void asked.push(block) });
  const onTold = (): never => {
    throw new LanspreadError('DISK_FULL');
  };
  const outcome = await lab.run({ onTold });
  assert.is(outcome.kind === 'failed' && outcome.code, 'DISK_FULL');
  // What went on by itself would go on now.
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.equal([asked, lab.swarm.sent], [[], []]);
});

test.run();
