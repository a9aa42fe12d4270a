import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { nodeFileSystem, parseGameId, silentLogger, systemClock } from '../../../app/core/base/index.ts';
import { createInstaller, streamingFileHasher } from '../../../app/core/install/index.ts';
import { RootLocks } from '../../../app/core/game-folder/index.ts';
import { download } from '../../../app/core/blocks/download.ts';
import type { DownloadOutcome } from '../../../app/core/blocks/index.ts';
import { downloadLab, fakeGame, type DownloadLab } from '../../support/fake-swarm.ts';
import { isThere } from '../../support/install-lab.ts';

const gameId = parseGameId('game');
const game = fakeGame({ 'game.eti': Buffer.from('the second version') });
const listener = { onBegin() {}, onProgress() {}, onBlocksVerified() {}, onPeerStruck() {} };

/** Downloads as the core does: with the installer to settle the root. */
function run({ context, state, root }: DownloadLab): Promise<DownloadOutcome> {
  const installer = createInstaller({
    fileSystem: nodeFileSystem,
    state,
    unpackers: () => [],
    hashFile: streamingFileHasher(nodeFileSystem),
    locks: new RootLocks(),
    clock: systemClock,
    logger: silentLogger,
    isInCatalog: () => true,
    gamesDir: () => join(root, '..'),
    keepPatterns: () => [],
    archiveRules: () => ({}),
  });
  return download(
    { ...context, settleRoot: (target, options) => installer.settle(target, options) },
    { gameId, version: '2', root, willInstall: false },
    { listener, signal: AbortSignal.timeout(20_000) },
  );
}

/** The disk failed an update when the old install was set aside already, and its roll-back, too. */
async function brokenUpdate({ state, root }: DownloadLab): Promise<void> {
  await mkdir(join(root, '.local.backup'), { recursive: true });
  await writeFile(join(root, '.local.backup', 'saves.dat'), 'a hundred hours');
  await mkdir(join(root, '.local.installing'));
  state.intents.put({ root, gameId, kind: 'Updating', version: '2', madeRoot: false, startedAt: 1 });
}

test('a download brings back what an update before it left set aside, before it writes its own journal', async () => {
  await using lab = await downloadLab();
  lab.swarm.add('seed', game);
  await brokenUpdate(lab);
  assert.is((await run(lab)).kind, 'finished');
  assert.is(await readFile(join(lab.root, 'local', 'saves.dat'), 'utf8'), 'a hundred hours');
  assert.not(isThere(join(lab.root, '.local.installing')));
  assert.ok(isThere(join(lab.root, 'version.ini')));
  assert.equal(lab.state.intents.all(), []);
});

test('where only a person can settle it, a download is refused with what to do, and nothing is touched', async () => {
  await using lab = await downloadLab();
  lab.swarm.add('seed', game);
  await brokenUpdate(lab);
  const { root, state } = lab;
  state.intents.put({ root, gameId, kind: 'Installing', version: '2', madeRoot: false, startedAt: 1 });
  const outcome = await run(lab);
  if (outcome.kind !== 'failed') throw new Error(outcome.kind);
  assert.is(outcome.code, 'UNSAFE_ROOT');
  assert.match(outcome.message, '.local.backup');
  assert.is(state.intents.get(root)?.kind, 'Installing');
  assert.is(await readFile(join(root, '.local.backup', 'saves.dat'), 'utf8'), 'a hundred hours');
  assert.not(isThere(join(root, 'game.eti')));
});

test.run();
