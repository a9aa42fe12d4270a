import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { makeGame, smallGame } from '../support/games.ts';
import { PeerProcess, type HarnessEvent } from '../support/peer.ts';
import { runScenarios, scenario, type Room } from '../support/scenario.ts';
import { does } from '../support/story.ts';
import { assertSameTree, readTree } from '../support/trees.ts';
import { isThere } from '../support/install-lab.ts';
import { until } from '../support/eventually.ts';

const run = promisify(execFile);
const program = fileURLToPath(new URL('../../app/cli/lanspread.mjs', import.meta.url));
const game = smallGame('quake');
const journalName = '.lanspread.json';

interface Tale {
  gameId: string;
  action: string;
  advice?: string;
}

const talesOf = (event: HarnessEvent): Tale[] => event['actions'] as Tale[];

interface Finding {
  name: string;
  status: string;
  detail: string;
  advice?: string;
}

/** What `lanspread doctor` tells with this peer's state directory. */
async function doctor({ options }: PeerProcess): Promise<Finding[]> {
  const flags = ['doctor', '--json', '--state-dir', options.stateDir];
  // A problem found is exit code 1, with the findings all the same.
  const { stdout } = await run(process.execPath, [program, ...flags]).catch(
    (error: unknown) => error as { stdout: string },
  );
  const told = JSON.parse(stdout) as { findings: Finding[] };
  return told.findings;
}

async function leaveJournal(room: Room, id: string, journal: unknown): Promise<string> {
  const path = join(room.rootOf('anna', id), journalName);
  await writeFile(path, typeof journal === 'string' ? journal : JSON.stringify(journal));
  return path;
}

scenario('S41: an update that an earlier launcher broke off is taken over and taken back', async (room) => {
  room.lists(game);
  const { root, installed } = await room.give('anna', game);
  // As the earlier launcher left it: the old install set aside, half a new one.
  const anna = await room.peer('anna');
  await does(anna, 'install', { gameId: 'quake' }, 'install-finished');
  await anna.quit();
  await rename(join(root, 'local'), join(root, '.local.backup'));
  await mkdir(join(root, '.local.installing'));
  await writeFile(join(root, '.local.installing', 'half.bin'), 'half');
  const journal = await leaveJournal(room, 'quake', { intent: 'Updating', version: '2.0' });

  const again = await room.peer('anna');
  const [first, second] = talesOf(await again.waitFor('recovery-done'));
  assert.match(first?.action ?? '', 'Updating was under way');
  assert.match(second?.action ?? '', 'restored the earlier install');
  assert.not(isThere(journal));
  assertSameTree(await room.treeOf('anna', 'quake/local'), installed);
  assert.equal(
    (await readdir(root)).filter((name) => name.startsWith('.')),
    [],
  );
  const view = await again.game('quake');
  assert.equal([view.downloaded, view.installed, view.installedVersion], [true, true, '1.0']);
  // Before anything else: the games were not shown before it was over.
  await again.waitFor('games-changed');
  const order = again.events.map(({ event }) => event);
  assert.ok(order.indexOf('recovery-done') >= 0 && order.indexOf('recovery-done') < order.indexOf('games-changed'));

  for (const isRunning of [true, false]) {
    if (!isRunning) await again.quit();
    const told = await doctor(again);
    assert.ok(
      told.some(({ name, detail }) => name === 'Recovery' && detail.includes('restored the earlier install')),
      JSON.stringify(told),
    );
  }
});

scenario(
  'S41: an install that was running is undone, an uninstall finished, and a quiet journal just goes',
  async (room) => {
    const [installing, uninstalling, quiet] = [smallGame('one'), smallGame('two'), smallGame('three')];
    room.lists(installing, uninstalling, quiet);
    for (const spec of [installing, uninstalling, quiet]) await room.give('anna', spec);
    const [one, two, three] = ['one', 'two', 'three'].map((id) => room.rootOf('anna', id)) as [string, string, string];
    await mkdir(join(one, '.local.installing'));
    await mkdir(join(two, '.local.backup'));
    await writeFile(join(two, '.local.backup', 'game.exe'), 'old');
    await mkdir(join(three, 'local'));
    await writeFile(join(three, 'local', 'save.dat'), 'mine');
    await leaveJournal(room, 'one', { intent: 'Installing', version: '1.0' });
    await leaveJournal(room, 'two', { intent: 'Uninstalling', version: '1.0' });
    await leaveJournal(room, 'three', { intent: 'None', version: '0.9' });
    const anna = await room.peer('anna');
    await anna.waitFor('recovery-done');
    for (const id of ['one', 'two']) {
      assertSameTree(await room.treeOf('anna', id), room.made('anna', id).tree);
      assert.is((await anna.game(id)).installed, false);
    }
    assert.is(await readFile(join(three, 'local', 'save.dat'), 'utf8'), 'mine');
    assert.equal(await anna.game('three').then(({ installed, installedVersion }) => [installed, installedVersion]), [
      true,
      '0.9',
    ]);
    assert.not(isThere(join(three, journalName)));
    await does(anna, 'install', { gameId: 'one' }, 'install-finished');
  },
);

scenario('S41: a journal that nobody can read is set aside, told, and the game goes on', async (room) => {
  room.lists(game);
  await room.give('anna', game);
  const text = '{"intent":"Defragmenting","by":"somebody else"}';
  const journal = await leaveJournal(room, 'quake', text);
  const anna = await room.peer('anna');
  const [tale] = talesOf(await anna.waitFor('recovery-done'));
  assert.match(tale?.action ?? '', 'set it aside as');
  assert.not(isThere(journal));
  const folder = join(anna.options.stateDir, 'legacy');
  const [name = ''] = await readdir(folder);
  assert.is(await readFile(join(folder, name), 'utf8'), text);
  await does(anna, 'install', { gameId: 'quake' }, 'install-finished');
});

scenario('S41: killed at any point of the import, the next start finishes it', async (room) => {
  room.lists(game);
  await room.give('anna', game);
  const anna = await room.peer('anna');
  await does(anna, 'install', { gameId: 'quake' }, 'install-finished');
  await anna.quit();
  const { options } = anna;
  const [root, log] = [room.rootOf('anna', 'quake'), join(dirname(options.stateDir), 'steps.log')];
  const breakOff = async (): Promise<void> => {
    await rename(join(root, 'local'), join(root, '.local.backup'));
    await leaveJournal(room, 'quake', { intent: 'Updating', version: '2.0' });
  };
  await breakOff();
  const counted = await PeerProcess.start({
    ...options,
    environment: { LANSPREAD_STEPS_LOG: log, LANSPREAD_CRASH_AT: '0' },
  });
  await counted.quit();
  const steps = (await readFile(log, 'utf8')).trim().split('\n');
  const isImport = (step: string): boolean => step.includes(journalName) || step.includes('intents.put');
  const points = steps.flatMap((step, index) => (isImport(step) ? [index + 1] : []));
  assert.ok(points.length >= 4, `the import has points to be killed at: ${steps.join('; ')}`);
  for (const point of points) {
    await breakOff();
    const killed = await PeerProcess.start({
      ...options,
      environment: { LANSPREAD_CRASH_AT: String(point) },
    }).then(
      () => 'it lived',
      () => 'killed',
    );
    assert.is(killed, 'killed', steps[point - 1]);
    await using next = await PeerProcess.start(options);
    await until('the game is as it was', async () => (await next.game('quake')).installed);
    assertSameTree(await room.treeOf('anna', 'quake/local'), room.made('anna', 'quake').installed, steps[point - 1]);
    assert.equal(
      (await readdir(root)).filter((entry) => entry.startsWith('.')),
      [],
      steps[point - 1],
    );
    await next.quit();
  }
});

scenario(
  'S41: journals in a games folder that is chosen later, or that comes back, are taken over, too',
  async (room) => {
    room.lists(game);
    const elsewhere = join(room.gamesDir('anna'), '../elsewhere');
    const away = `${elsewhere}-unplugged`;
    const { root, tree } = await makeGame(elsewhere, game);
    await mkdir(join(root, '.local.installing'));
    await writeFile(join(root, journalName), JSON.stringify({ intent: 'Installing' }));
    const anna = await room.peer('anna');
    let since = anna.mark();
    await anna.command('settings.set', { name: 'gamesDir', value: elsewhere });
    const [chosen] = talesOf(await anna.waitFor('recovery-done', undefined, { since }));
    assert.match(chosen?.action ?? '', 'Installing was under way');
    assertSameTree(await readTree(root), tree);

    await rename(elsewhere, away);
    await anna.waitFor('games-dir-lost');
    await mkdir(join(away, 'quake', '.local.backup'));
    await writeFile(join(away, 'quake', journalName), JSON.stringify({ intent: 'Uninstalling' }));
    since = anna.mark();
    await rename(away, elsewhere);
    const [back] = talesOf(await anna.waitFor('recovery-done', undefined, { since }));
    assert.match(back?.action ?? '', 'Uninstalling was under way');
    assertSameTree(await readTree(root), tree);
  },
);

runScenarios();
