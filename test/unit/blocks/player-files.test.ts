import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { blockSizeBytes } from '../../../app/core/protocol/index.ts';
import { stopReason } from '../../../app/core/blocks/stop.ts';
import { downloadLab, fakeGame, hang, type DownloadLab } from '../../support/fake-swarm.ts';
import { seededBytes } from '../../support/random.ts';

const blocks = (count: number, seed = 'game'): Buffer => seededBytes(seed, count * blockSizeBytes);

async function write(root: string, files: Record<string, string | Buffer>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
}

/** The one folder with what was set aside. */
async function asideOf({ root }: DownloadLab): Promise<string> {
  const [name, ...others] = (await readdir(root)).filter((one) => one.startsWith('.local.conflict-'));
  assert.equal(others, []);
  return join(root, name ?? 'nothing was set aside');
}

test('payload without a sentinel is adopted block by block; only what is not here is fetched', async () => {
  await using lab = await downloadLab();
  const content = blocks(4);
  const game = fakeGame({ 'game.eti': content });
  const damaged = Buffer.from(content);
  damaged.fill(0, blockSizeBytes, 2 * blockSizeBytes);
  await write(lab.root, { 'game.eti': damaged });
  lab.swarm.add('a', game);
  assert.is((await lab.run()).kind, 'finished');
  assert.equal(lab.swarm.sent, ['a:1']);
  assert.ok((await readFile(join(lab.root, 'game.eti'))).equals(content));
});

test('files of the player in a root without a sentinel survive: beside the payload, and in its way', async () => {
  await using lab = await downloadLab();
  await write(lab.root, {
    'notes.txt': 'beside',
    'game.eti': 'in the way, and no copy of it',
    'data/mine/deep.txt': 'in a folder of the payload',
    'levels/mine.txt': 'a folder where a file belongs',
  });
  const game = fakeGame({ 'game.eti': blocks(2), 'data/x.bin': blocks(1, 'x'), levels: Buffer.from('file') });
  lab.swarm.add('a', game);
  assert.is((await lab.run()).kind, 'finished');
  assert.is(await readFile(join(lab.root, 'notes.txt'), 'utf8'), 'beside');
  assert.is(await readFile(join(lab.root, 'data/mine/deep.txt'), 'utf8'), 'in a folder of the payload');
  const aside = await asideOf(lab);
  assert.is(await readFile(join(aside, 'game.eti'), 'utf8'), 'in the way, and no copy of it');
  assert.is(await readFile(join(aside, 'levels/mine.txt'), 'utf8'), 'a folder where a file belongs');
  for (const [path, bytes] of game.content) assert.ok((await readFile(join(lab.root, path))).equals(bytes), path);
});

test('an update deletes the old payload, and leaves what the player put beside it', async () => {
  await using lab = await downloadLab();
  lab.swarm.add('a', fakeGame({ 'game.eti': blocks(1), 'old/gone.bin': blocks(1, 'old') }, { version: '1' }));
  assert.is((await lab.run({ request: { version: '1' } })).kind, 'finished');
  await write(lab.root, { 'old/mod.txt': 'mine', 'screenshot.png': 'mine, too' });
  lab.swarm.remove('a');
  lab.swarm.add('b', fakeGame({ 'game.eti': blocks(2, 'new') }));
  assert.is((await lab.run()).kind, 'finished');
  assert.equal((await readdir(lab.root)).toSorted(), ['game.eti', 'old', 'screenshot.png', 'version.ini']);
  assert.equal(await readdir(join(lab.root, 'old')), ['mod.txt']);
});

test('an update of a game that was copied here by hand takes all of it for the old payload, also after a pause', async () => {
  await using lab = await downloadLab();
  await write(lab.root, { 'version.ini': 'version = 1\n', 'game.eti': blocks(1, 'old'), 'old/gone.bin': 'old' });
  const game = fakeGame({ 'game.eti': blocks(3) });
  const stop = new AbortController();
  let asked = 0;
  lab.swarm.add('a', game, {
    before(_block, signal) {
      if ((asked += 1) < 2) return;
      stop.abort(stopReason('pause'));
      return hang(signal);
    },
  });
  assert.is((await lab.run({ signal: stop.signal })).kind, 'paused');
  await write(lab.root, { 'late.txt': 'put here while it was paused' });
  lab.swarm.remove('a');
  lab.swarm.add('b', game);
  assert.is((await lab.run()).kind, 'finished');
  assert.equal((await readdir(lab.root)).toSorted(), ['game.eti', 'late.txt', 'version.ini']);
});

test('a cancel after files were set aside leaves them', async () => {
  await using lab = await downloadLab();
  await write(lab.root, { 'game.eti': 'mine', 'data/mine.txt': 'mine' });
  const stop = new AbortController();
  lab.swarm.add('a', fakeGame({ 'game.eti': blocks(2), 'data/x.bin': blocks(1, 'x') }), {
    before(_block, signal) {
      stop.abort(stopReason('cancel'));
      return hang(signal);
    },
  });
  assert.is((await lab.run({ signal: stop.signal })).kind, 'cancelled');
  assert.is(await readFile(join(await asideOf(lab), 'game.eti'), 'utf8'), 'mine');
  assert.equal(await readdir(join(lab.root, 'data')), ['mine.txt']);
});

test('a games folder that went is told by its own code and never made anew', async () => {
  await using lab = await downloadLab();
  const game = fakeGame({ 'game.eti': blocks(4) });
  lab.swarm.add('a', game, { before: () => undefined });
  const gamesDir = dirname(lab.root);
  const { rename } = await import('node:fs/promises');
  await rename(gamesDir, `${gamesDir}-away`);
  const outcome = await lab.run();
  assert.is(outcome.kind === 'failed' && outcome.code, 'GAMES_DIR_LOST');
  assert.not.ok((await readdir(dirname(gamesDir))).includes('games'));
});

test.run();
