import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { runSevenZip } from '../support/archives.ts';
import { processesWith } from '../support/compliance/processes.ts';
import { diskUse } from '../support/disk-use.ts';
import { writeEntries, type Entry } from '../support/entries.ts';
import { installedTree, kib, mib, writeSentinel, type GameSpec } from '../support/games.ts';
import { until } from '../support/eventually.ts';
import { oddEntries } from '../support/odd-names.ts';
import { runScenarios, scenario } from '../support/scenario.ts';
import { capUpload, countOf, endsWith, isOffered } from '../support/story.ts';
import { assertSameTree } from '../support/trees.ts';

const formats = ['rar5', '7z', 'zip'] as const;

for (const format of formats) {
  scenario(`S38: a streamed install from ${format} makes the reference tree and leaves no archive`, async (room) => {
    const id = `game-${format}`;
    const game: GameSpec = {
      id,
      archives: [{ format, entries: oddEntries() }],
      loose: [{ path: 'manual/read me.txt', sizeBytes: 3 * kib }],
    };
    room.lists(game);
    const anna = await room.peer('anna', { has: [game] });
    const bela = await room.peer('bela', { knows: [anna] });
    await isOffered(bela, id);
    await bela.command('streamInstall', { gameId: id });
    const end = await endsWith(bela, 'install-finished', id);
    assert.equal([end['streamed'], end['trust'], end['peerId']], [true, 'sender', anna.peerId]);
    assert.equal([countOf(bela, 'download-begin', id), countOf(bela, 'install-begin', id)], [1, 1]);
    assertSameTree(await room.treeOf('bela', `${id}/local`), room.made('anna', id).installed, 'the installed tree');
    assert.equal(await readdir(room.rootOf('bela', id)), ['local']);
    const view = await bela.game(id);
    assert.equal([view.downloaded, view.installed, view.availability], [false, true, 'LocalOnly']);
    assert.equal([view.installedVersion, view.operation], ['1.0', undefined]);
    assert.is((await bela.refusal('streamInstall', { gameId: id })).code, 'INSTALLED');
  });
}

scenario('S38: a solid archive in volumes, a second archive and loose files arrive as one tree', async (room) => {
  const solid: Entry[] = Array.from({ length: 40 }, (_, index) => ({
    path: `data/part ${index}.bin`,
    sizeBytes: 150 * kib + index,
  }));
  const game: GameSpec = {
    id: 'mixed',
    archives: [
      { format: 'zip', name: 'patch.zip', entries: [{ path: 'bin/run.sh', text: '#!/bin/sh\n', executable: true }] },
    ],
    loose: [{ path: 'readme.txt', sizeBytes: 5 * kib }, { path: 'empty.cfg' }],
    withoutSentinel: true,
  };
  room.lists(game);
  const { root } = await room.give('anna', game);
  const source = join(dirname(dirname(root)), 'volumes');
  await mkdir(source);
  await writeEntries(source, solid, 'mixed 1.0');
  await runSevenZip(['a', '-t7z', '-ms=on', '-mx=1', '-v1m', '--', join(root, 'base.7z'), './data'], source);
  await rm(source, { recursive: true });
  assert.ok(existsSync(join(root, 'base.7z.003')), 'the archive has several volumes');
  await writeSentinel(root, '1.0');
  const anna = await room.peer('anna');
  const bela = await room.peer('bela', { knows: [anna] });
  await isOffered(bela, 'mixed');
  await bela.command('streamInstall', { gameId: 'mixed' });
  await endsWith(bela, 'install-finished', 'mixed');
  const wanted = installedTree({
    ...game,
    archives: [...(game.archives ?? []), { entries: solid }],
    seed: 'mixed 1.0',
  });
  assertSameTree(await room.treeOf('bela', 'mixed/local'), wanted, 'the installed tree');
  assert.equal(await readdir(room.rootOf('bela', 'mixed')), ['local']);
});

scenario('S38: a large archive of files that stand alone is unpacked from two places at once', async (room) => {
  const entries = [60, 0, 45, 70, 3, 40].map((size, index) => ({ path: `data/${index}.pak`, sizeBytes: size * mib }));
  const game: GameSpec = {
    id: 'apart',
    archives: [{ format: 'rar5', name: 'apart.eti', entries }],
    loose: [{ path: 'readme.txt' }],
  };
  room.lists(game);
  const anna = await room.peer('anna', { has: [game] });
  await capUpload(anna, 150 * mib);
  const bela = await room.peer('bela', { knows: [anna] });
  await isOffered(bela, 'apart');
  const archive = join(room.rootOf('anna', 'apart'), 'apart.eti');
  const unpackers = async (): Promise<number> => (await processesWith(archive)).length;
  await bela.command('streamInstall', { gameId: 'apart' });
  const wanted = Math.min(2, availableParallelism());
  await until('it is unpacked', async () => (await unpackers()) === wanted);
  await endsWith(bela, 'install-finished', 'apart');
  assertSameTree(await room.treeOf('bela', 'apart/local'), room.made('anna', 'apart').installed, 'the installed tree');
  assert.is(await unpackers(), 0);
});

scenario('S38: beside the installed game itself a streamed install takes at most 64 MiB of disk', async (room) => {
  const game: GameSpec = {
    id: 'large',
    archives: [
      {
        entries: [
          { path: 'one.pak', sizeBytes: 200 * mib },
          { path: 'two.pak', sizeBytes: 90 * mib },
        ],
      },
    ],
  };
  room.lists(game);
  const anna = await room.peer('anna', { has: [game] });
  await capUpload(anna, 100 * mib);
  const bela = await room.peer('bela', { knows: [anna] });
  await isOffered(bela, 'large');
  const folder = dirname(room.gamesDir('bela'));
  const before = await diskUse(folder);
  await bela.command('streamInstall', { gameId: 'large' });
  let ended = false;
  const end = endsWith(bela, 'install-finished', 'large').finally(() => (ended = true));
  let peak = 0;
  let looks = 0;
  while (!ended) {
    peak = Math.max(peak, await diskUse(folder));
    looks += 1;
  }
  await end;
  const installed = room.made('anna', 'large').installed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  assert.ok(looks > 20, `looked ${looks} times`);
  assert.ok(peak - before - installed <= 64 * mib, `${peak - before - installed} bytes beside the game`);
  assertSameTree(await room.treeOf('bela', 'large/local'), room.made('anna', 'large').installed);
});

runScenarios();
