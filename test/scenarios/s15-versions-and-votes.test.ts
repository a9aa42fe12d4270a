import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { bulkGame, mib } from '../support/games.ts';
import { lanScenario, runScenarios, scenario } from '../support/scenario.ts';
import { capUpload, does, downloads, endsWith, isOffered, offers, sees, servedIn } from '../support/story.ts';
import { until } from '../support/eventually.ts';
import { assertSameTree } from '../support/trees.ts';

scenario('S15: of peers with different versions those of the wanted one alone serve', async (room) => {
  const wanted = bulkGame('saga', 64 * mib, { version: '2.0' });
  const dated = bulkGame('saga', 64 * mib, { version: '10.0' });
  room.lists(wanted);
  const anna = await room.peer('anna', { has: [wanted] });
  const bela = await room.peer('bela', { has: [dated] });
  const cora = await room.peer('cora', { has: [wanted] });
  await Promise.all([anna, cora].map((source) => capUpload(source, 24 * mib)));
  const dora = await room.peer('dora', { knows: [anna, bela, cora] });
  await isOffered(dora, 'saga', 2);
  await until('the other version is known of', async () => offers(await sees(dora, bela)).join() === 'saga 10.0 Ready');
  await downloads(dora, 'saga');
  const { byPeer } = servedIn(dora.events, 'saga');
  assert.equal([...byPeer.keys()].sort(), [anna.peerId, cora.peerId].sort());
  assertSameTree(await room.treeOf('dora', 'saga'), room.made('anna', 'saga').tree);
  assert.is((await dora.game('saga')).localVersion, '2.0');
});

scenario(
  'S17: where PCs hold different files nothing is fetched before the player chooses; then the chosen ones alone serve',
  async (room) => {
    const right = bulkGame('saga', 64 * mib, { seed: 'right' });
    const wrong = bulkGame('saga', 64 * mib, { seed: 'wrong' });
    room.lists(right);
    const anna = await room.peer('anna', { has: [right] });
    const bela = await room.peer('bela', { has: [wrong] });
    const cora = await room.peer('cora', { has: [right] });
    const dora = await room.peer('dora', { knows: [bela, anna, cora] });
    await isOffered(dora, 'saga', 3);
    await dora.command('download', { gameId: 'saga', install: false });
    const failed = await endsWith(dora, 'download-failed', 'saga');
    assert.is(failed['code'], 'MANIFEST_TIE');
    for (const { name } of [anna, bela, cora]) assert.match(String(failed['message']), name);
    assert.match(String(failed['message']), 'saga.eti');
    assert.equal(servedIn(dora.events, 'saga').blocks, []);
    assert.not((await dora.game('saga')).downloaded);

    const choices = failed['choices'] as readonly { manifestHash: string; names: readonly string[] }[];
    const chosen = choices.find(({ names }) => names.includes('anna'))?.manifestHash;
    await does(dora, 'download', { gameId: 'saga', install: false, manifestHash: String(chosen) }, 'download-finished');
    const { byPeer, blocks } = servedIn(dora.events, 'saga');
    assert.not(byPeer.has(bela.peerId), 'the PC that was not chosen served');
    assert.is(blocks.length, 16);
    assert.is(dora.events.filter(({ event }) => event === 'peer-struck').length, 0);
    assertSameTree(await room.treeOf('dora', 'saga'), room.made('anna', 'saga').tree);
  },
);

lanScenario(
  'S17: three PCs outvote one, however many identities that has',
  ['anna', 'bela', 'cora', 'dora', 'evil'],
  async (room) => {
    const right = bulkGame('saga', 32 * mib, { seed: 'right' });
    const wrong = bulkGame('saga', 32 * mib, { seed: 'wrong' });
    room.lists(right);
    for (const name of ['anna', 'bela', 'cora']) await room.peer(name, { has: [right] });
    for (const name of ['evil', 'evil-2', 'evil-3', 'evil-4']) await room.peer(name, { has: [wrong], host: 'evil' });
    const dora = await room.peer('dora');
    await isOffered(dora, 'saga', 7, 30_000);
    await downloads(dora, 'saga');
    assertSameTree(await room.treeOf('dora', 'saga'), room.made('anna', 'saga').tree);
  },
);

scenario('S17: what systems leave in folders, and how version.ini ends its lines, splits no vote', async (room) => {
  const game = bulkGame('saga', 32 * mib);
  room.lists(game);
  const { root: atAnna } = await room.give('anna', game);
  const { root: atBela } = await room.give('bela', game);
  await writeFile(join(atAnna, 'version.ini'), '\ufeffversion = 1.0  \r\n');
  const left = ['Thumbs.db', 'desktop.ini', '.DS_Store', '.directory', '._saga.eti'];
  for (const name of left) await writeFile(join(atBela, name), `left by the system of bela: ${name}`);
  await mkdir(join(atBela, 'local - Kopie'));
  await writeFile(join(atBela, 'local - Kopie', 'save.dat'), 'mine');
  const sources = [await room.peer('anna'), await room.peer('bela')];
  await Promise.all(sources.map((source) => capUpload(source, 16 * mib)));
  const cora = await room.peer('cora', { knows: sources });
  await isOffered(cora, 'saga', 2);
  await downloads(cora, 'saga');
  const { byPeer } = servedIn(cora.events, 'saga');
  assert.equal([...byPeer.keys()].sort(), sources.map(({ peerId }) => peerId).sort(), 'both serve');
  const tree = await room.treeOf('cora', 'saga');
  assert.equal(
    tree.map(({ path }) => path),
    ['saga.eti', 'version.ini'],
  );
});

runScenarios();
