/** A peer on Windows and one on Linux, each fetching from the other. */
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { blockBytes, bulkGame, kib, mib, type GameSpec } from '../support/games.ts';
import { runScenarios, scenario, type Room } from '../support/scenario.ts';
import { capUpload, downloads, endsWith, isOffered } from '../support/story.ts';
import { assertSameTree, type Tree } from '../support/trees.ts';

const windowsPeer = fileURLToPath(new URL('../windows/windows-peer.ts', import.meta.url));

type System = 'windows' | 'linux';
const ways: readonly [from: System, to: System][] = [
  ['windows', 'linux'],
  ['linux', 'windows'],
];

/** A peer on that system, of that name. */
const on = (system: System): { program?: string } => (system === 'windows' ? { program: windowsPeer } : {});

/** Windows knows no right to execute. */
const withoutRights = (tree: Tree): Tree => tree.map((entry) => ({ ...entry, executable: false }));

async function assertArrived(room: Room, { id }: GameSpec, below = ''): Promise<void> {
  const expected = below === '' ? room.made('sender', id).tree : room.made('sender', id).installed;
  assertSameTree(withoutRights(await room.treeOf('receiver', `${id}${below}`)), withoutRights(expected), id);
}

const game: GameSpec = {
  id: 'quake',
  archives: [
    {
      format: '7z',
      entries: [
        { path: 'data/large.bin', sizeBytes: 3 * mib },
        { path: 'data/Größe 名前.cfg', sizeBytes: 2 * kib },
        { path: 'empty.cfg' },
      ],
    },
  ],
  loose: [{ path: 'manual/read me.txt', sizeBytes: 3 * kib }],
};
const manyFiles: GameSpec = {
  id: 'small-files',
  loose: Array.from({ length: 600 }, (_, index) => ({ path: `maps/${index % 20}/map ${index}.bsp`, sizeBytes: index })),
};

for (const [from, to] of ways) {
  scenario(`a game goes from ${from} to ${to}, is installed there, and uninstalled`, async (room) => {
    room.lists(game);
    const sender = await room.peer('sender', { has: [game], ...on(from) });
    const receiver = await room.peer('receiver', { knows: [sender], ...on(to) });
    await isOffered(receiver, game.id);
    await downloads(receiver, game.id);
    await assertArrived(room, game);
    await receiver.command('install', { gameId: game.id });
    await endsWith(receiver, 'install-finished', game.id);
    await assertArrived(room, game, '/local');
    await receiver.command('uninstall', { gameId: game.id });
    await endsWith(receiver, 'uninstall-finished', game.id);
    assert.is((await receiver.game(game.id)).installed, false);
  });

  scenario(`a streamed install goes from ${from} to ${to}`, async (room) => {
    room.lists(game);
    const sender = await room.peer('sender', { has: [game], ...on(from) });
    const receiver = await room.peer('receiver', { knows: [sender], ...on(to) });
    await isOffered(receiver, game.id);
    await receiver.command('streamInstall', { gameId: game.id });
    const end = await endsWith(receiver, 'install-finished', game.id);
    assert.equal([end['streamed'], end['peerId']], [true, sender.peerId]);
    await assertArrived(room, game, '/local');
  });

  scenario(`600 small files go from ${from} to ${to}`, async (room) => {
    room.lists(manyFiles);
    const sender = await room.peer('sender', { has: [manyFiles], ...on(from) });
    const receiver = await room.peer('receiver', { knows: [sender], ...on(to) });
    await isOffered(receiver, manyFiles.id);
    await downloads(receiver, manyFiles.id);
    await assertArrived(room, manyFiles);
  });

  scenario(`a receiver on ${to} that is killed goes on where it was, from ${from}`, async (room) => {
    const bulk = bulkGame('bulk', 24 * blockBytes);
    room.lists(bulk);
    const sender = await room.peer('sender', { has: [bulk], ...on(from) });
    await capUpload(sender, 12 * mib);
    const first = await room.peer('receiver', { knows: [sender], ...on(to) });
    await isOffered(first, bulk.id);
    await first.command('download', { gameId: bulk.id, install: false });
    await first.waitFor('download-progress', ({ downloadedBytes }) => Number(downloadedBytes) > 8 * blockBytes);
    await first.kill9();
    const second = await room.peer('receiver', { knows: [sender], ...on(to) });
    await isOffered(second, bulk.id);
    await downloads(second, bulk.id);
    await assertArrived(room, bulk);
  });
}

runScenarios();
