import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { flipByte } from '../support/archives.ts';
import { blockBytes, bulkGame, mib, spoilEveryBlock } from '../support/games.ts';
import { runScenarios, scenario } from '../support/scenario.ts';
import { capUpload, does, downloads, endsWith, hasArrived, isOffered, servedIn } from '../support/story.ts';
import { assertSameTree } from '../support/trees.ts';
import { until } from '../support/eventually.ts';

const game = bulkGame('saga', 48 * mib);

scenario('verify names what differs on the disk, and repair fetches those blocks alone', async (room) => {
  room.lists(game);
  const anna = await room.peer('anna', { has: [game] });
  const bela = await room.peer('bela', { knows: [anna] });
  await isOffered(bela, 'saga');
  assert.is((await bela.refusal('verify', { gameId: 'saga' })).code, 'NOT_DOWNLOADED');
  await downloads(bela, 'saga');
  const sound = await does(bela, 'verify', { gameId: 'saga' }, 'verify-finished');
  assert.equal([sound['sound'], sound['badBlocks'], sound['source']], [true, 0, 'download']);

  const file = join(room.rootOf('bela', 'saga'), 'saga.eti');
  for (const block of [1, 5]) await flipByte(file, block * blockBytes + 9);
  await mkdir(join(room.rootOf('bela', 'saga'), 'local'));
  await writeFile(join(room.rootOf('bela', 'saga'), 'local/save'), 'mine');
  const bad = await does(bela, 'verify', { gameId: 'saga' }, 'verify-finished');
  assert.equal([bad['sound'], bad['badFiles'], bad['badBlocks']], [false, ['saga.eti'], 2]);
  const since = bela.mark();
  const repaired = await does(bela, 'repair', { gameId: 'saga' }, 'repair-finished');
  assert.equal([repaired['repairedBlocks'], repaired['repairedFiles']], [2, ['saga.eti']]);
  assert.equal(servedIn(bela.events.slice(since), 'saga').blocks.toSorted(), ['saga.eti#1', 'saga.eti#5']);
  assertSameTree(
    (await room.treeOf('bela', 'saga')).filter(({ path }) => !path.startsWith('local')),
    room.made('anna', 'saga').tree,
  );
  const view = await bela.game('saga');
  assert.equal(
    [view.downloaded, view.operation, view.resumable, view.lastFailure],
    [true, undefined, undefined, undefined],
  );
  assert.is((await does(bela, 'verify', { gameId: 'saga' }, 'verify-finished'))['sound'], true);
});

scenario(
  'a copy whose bytes rotted unseen is found by reading it, repaired from a peer, and shared again',
  async (room) => {
    room.lists(game);
    const anna = await room.peer('anna', { has: [game] });
    const bela = await room.peer('bela', { has: [game], knows: [anna] });
    await isOffered(anna, 'saga');
    await until('its content is hashed', async () =>
      (await anna.peers()).some(({ games }) => games.some(({ root }) => root !== undefined)),
    );
    await spoilEveryBlock(room.rootOf('bela', 'saga'));
    await isOffered(bela, 'saga');
    const bad = await does(bela, 'verify', { gameId: 'saga' }, 'verify-finished');
    assert.equal([bad['sound'], bad['badBlocks'], bad['source']], [false, 12, 'peers']);
    await does(bela, 'repair', { gameId: 'saga' }, 'repair-finished');
    assertSameTree(await room.treeOf('bela', 'saga'), room.made('anna', 'saga').tree);
    const cleo = await room.peer('cleo', { knows: [bela] });
    await isOffered(cleo, 'saga');
    await downloads(cleo, 'saga');
    assertSameTree(await room.treeOf('cleo', 'saga'), room.made('anna', 'saga').tree);
  },
);

scenario(
  'a receiver killed amid a repair does not call the game complete, and completes it when started again',
  async (room) => {
    room.lists(game);
    const anna = await room.peer('anna', { has: [game] });
    const first = await room.peer('bela', { knows: [anna] });
    await isOffered(first, 'saga');
    await downloads(first, 'saga');
    await rm(join(room.rootOf('bela', 'saga'), 'saga.eti'));
    await capUpload(anna, 8 * mib);
    await first.command('repair', { gameId: 'saga' });
    await first.waitFor('repair-progress', ({ stage, bytes }) => stage === 'fetch' && Number(bytes) >= 4 * mib);
    const busy = await first.refusal('download', { gameId: 'saga' });
    assert.is(busy.code, 'OPERATION_IN_PROGRESS');
    await first.kill9();

    await capUpload(anna, 200 * mib);
    const second = await room.peer('bela', { knows: [anna] });
    const view = await second.game('saga');
    assert.is(view.downloaded, false);
    await endsWith(second, 'download-finished', 'saga');
    assertSameTree(await room.treeOf('bela', 'saga'), room.made('anna', 'saga').tree);
  },
);

scenario('a verify and a repair can be cancelled, and nothing is lost by it', async (room) => {
  room.lists(game);
  const anna = await room.peer('anna', { has: [game] });
  const bela = await room.peer('bela', { knows: [anna] });
  await isOffered(bela, 'saga');
  await downloads(bela, 'saga');
  await rm(join(room.rootOf('bela', 'saga'), 'saga.eti'));
  await capUpload(anna, 8 * mib);
  await bela.command('repair', { gameId: 'saga' });
  await bela.waitFor('repair-progress', ({ stage, bytes }) => stage === 'fetch' && Number(bytes) >= 8 * mib);
  await bela.command('cancel', { gameId: 'saga' });
  const failed = await endsWith(bela, 'repair-failed', 'saga');
  assert.is(failed['code'], 'CANCELLED');
  const view = await bela.game('saga');
  assert.equal([view.downloaded, view.operation, view.lastFailure], [false, undefined, undefined]);
  assert.ok((view.resumable?.bytes ?? 0) >= 4 * mib);
  await capUpload(anna, 200 * mib);
  await does(bela, 'repair', { gameId: 'saga' }, 'repair-finished');
  assertSameTree(await room.treeOf('bela', 'saga'), room.made('anna', 'saga').tree);
  await hasArrived(bela, 'saga', { share: 0.5 });
});

const program = fileURLToPath(new URL('../../app/cli/lanspread.mjs', import.meta.url));

/** Runs the command line against the core of a state directory. */
function cli(stateDir: string, ...args: string[]): Promise<{ exitCode: number; stdout: string }> {
  const { promise, resolve } = Promise.withResolvers<{ exitCode: number; stdout: string }>();
  const all = [program, ...args, '--state-dir', stateDir];
  execFile(process.execPath, all, { timeout: 60_000 }, (error, stdout) =>
    resolve({ exitCode: error ? Number(error.code) : 0, stdout }),
  );
  return promise;
}

scenario('the command line verifies and repairs, with exit codes and JSON lines for scripts', async (room) => {
  room.lists(game);
  const anna = await room.peer('anna', { has: [game] });
  const bela = await room.peer('bela', { knows: [anna] });
  const { stateDir } = bela.options;
  await isOffered(bela, 'saga');
  const early = await cli(stateDir, 'verify', 'saga');
  assert.is(early.exitCode, 1);
  await downloads(bela, 'saga');
  const sound = await cli(stateDir, 'verify', 'saga');
  assert.equal([sound.exitCode, /saga is sound/.test(sound.stdout)], [0, true]);
  await flipByte(join(room.rootOf('bela', 'saga'), 'saga.eti'), 3 * blockBytes);
  const bad = await cli(stateDir, 'verify', 'saga', '--json');
  const events = bad.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; badBlocks?: number });
  assert.equal([bad.exitCode, events[0]?.event, events.at(-1)?.event], [1, 'verify-begin', 'verify-finished']);
  assert.is(events.at(-1)?.badBlocks, 1);
  const repaired = await cli(stateDir, 'repair', 'saga');
  assert.equal([repaired.exitCode, /1 blocks .* fetched again/.test(repaired.stdout)], [0, true]);
  assert.is((await cli(stateDir, 'verify', 'saga')).exitCode, 0);
});

runScenarios();
