import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseGameId } from '../../../app/core/base/index.ts';
import { discard } from '../../../app/core/blocks/download.ts';
import { stopReason } from '../../../app/core/blocks/stop.ts';
import { downloadLab, fakeGame, type DownloadLab } from '../../support/fake-swarm.ts';
import { faultFileSystem, systemError } from '../../support/fault-file-system.ts';
import { seededBytes } from '../../support/random.ts';

const oldGame = fakeGame({ 'game.eti': seededBytes('old', 5_000) }, { version: '1' });
const newGame = fakeGame({ 'game.eti': seededBytes('new', 26 * 1024 * 1024) });
const gameId = parseGameId('game');

/** A lab with version 1 complete, whose disk fails the steps that `breaks` names, while it is broken. */
async function labWithOld(
  breaks: (step: string) => boolean,
): Promise<{ lab: DownloadLab; breakDisk: (isBroken: boolean) => void }> {
  let isBroken = false;
  const lab = await downloadLab({
    wrap: (inner) =>
      faultFileSystem(inner, ({ name, path }) => {
        if (isBroken && breaks(`${name} ${basename(path)}`)) throw systemError('EIO');
      }),
  });
  await mkdir(lab.root);
  await writeFile(`${lab.root}/game.eti`, oldGame.content.get('game.eti') ?? '');
  await writeFile(`${lab.root}/version.ini`, oldGame.hashed.manifest.sentinel);
  return { lab, breakDisk: (broken) => void (isBroken = broken) };
}

test('a download that could not even begin leaves the old version whole, and nothing to resume or to cancel', async () => {
  const { lab, breakDisk } = await labWithOld((step) => step === 'rename version.ini');
  await using _lab = lab;
  lab.swarm.add('seed', newGame);
  breakDisk(true);
  const outcome = await lab.run();
  assert.is(outcome.kind, 'failed');
  breakDisk(false);
  assert.is(lab.state.partials.get(lab.root), undefined);
  assert.equal(lab.state.intents.all(), []);
  await discard(lab.context, { gameId, root: lab.root });
  assert.equal((await readdir(lab.root)).sort(), ['game.eti', 'version.ini']);
  assert.equal(await readFile(`${lab.root}/game.eti`), oldGame.content.get('game.eti'));
});

test('what was recorded as a download is not deleted from under a sentinel', async () => {
  const { lab } = await labWithOld(() => false);
  await using _lab = lab;
  lab.state.partials.put({
    root: lab.root,
    gameId,
    version: '2',
    manifestRoot: newGame.hashed.root,
    manifestBytes: newGame.hashed.bytes,
    executables: [],
    bitmap: new Uint8Array(1),
    verifiedBytes: 0,
    unclean: true,
    install: false,
  });
  await discard(lab.context, { gameId, root: lab.root });
  assert.equal((await readdir(lab.root)).sort(), ['game.eti', 'version.ini']);
  assert.is(lab.state.partials.get(lab.root), undefined);
});

test('a paused download has no transients left and no intent, but what a resume needs', async () => {
  const { lab } = await labWithOld(() => false);
  await using _lab = lab;
  const stop = new AbortController();
  lab.swarm.add('seed', newGame, {
    before: () => (lab.swarm.sent.length >= 3 ? stop.abort(stopReason('pause')) : undefined),
  });
  assert.is((await lab.run({ signal: stop.signal })).kind, 'paused');
  assert.equal(await readdir(lab.root), ['game.eti']);
  assert.equal(lab.state.intents.all(), []);
  assert.ok((lab.state.partials.get(lab.root)?.verifiedBytes ?? 0) > 0);
});

test('once the sentinel is there a disk that fails makes no failed download', async () => {
  const { lab, breakDisk } = await labWithOld((step) => step === 'deleteFile .version.ini.discarded');
  await using _lab = lab;
  lab.swarm.add('seed', newGame);
  breakDisk(true);
  assert.is((await lab.run()).kind, 'finished');
  assert.is(lab.state.partials.get(lab.root), undefined, 'nothing is resumable');
  assert.is(lab.state.intents.get(lab.root)?.kind, 'Downloading', 'recovery sweeps the rest');
});

test.run();
