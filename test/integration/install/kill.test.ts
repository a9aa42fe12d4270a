import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { processesWith } from '../../support/compliance/unpacker.ts';
import { until } from '../../support/eventually.ts';
import type { GameRoot, GameSpec } from '../../support/games.ts';
import { installLab, listener, requestFor, type InstallLab } from '../../support/install-lab.ts';
import { runInstallChild, startInstallChild, type InstallChild } from '../../support/install-process.ts';
import { assertSameTree, readTree } from '../../support/trees.ts';
import { patience } from '../../support/patience.ts';

type Operation = InstallChild['operation'];

const runChild = ({ directory }: InstallLab, game: GameRoot, operation: Operation, crashStep = 0) =>
  runInstallChild({ directory, game, operation, crashStep });

const spec: GameSpec = {
  id: 'victim',
  archives: [
    {
      entries: [
        { path: 'a/one.bin', sizeBytes: 5000 },
        { path: 'start', text: 'x', executable: true },
      ],
    },
  ],
  loose: [{ path: 'readme.txt', text: 'hello' }],
};

async function withoutOurs(root: string): Promise<string[]> {
  return (await readdir(root)).sort();
}

/** Nothing half done is left, a second recovery finds nothing, and the payload is untouched. */
async function assertSettled(lab: InstallLab, game: GameRoot, what: string): Promise<'installed' | 'not installed'> {
  const again = await lab.recover();
  assert.equal(again.actions, [], `${what}: a second recovery has nothing to do`);
  assert.equal(lab.state.intents.all(), [], what);
  const installed = existsSync(join(game.root, 'local'));
  const payload = await readTree(game.root, { ignore: (path) => path === 'local' });
  assertSameTree(payload, game.tree, `${what}: the payload`);
  if (installed) assertSameTree(await readTree(join(game.root, 'local')), game.installed, `${what}: local`);
  const recorded = lab.state.library.get(game.root)?.installedVersion;
  assert.is(recorded, installed ? game.version : undefined, `${what}: what is recorded`);
  return installed ? 'installed' : 'not installed';
}

test('an install killed at any step is undone or finished by recovery, and then installs', async () => {
  await using lab = await installLab();
  const game = await lab.game(spec);
  const { steps } = await runChild(lab, game, 'install');
  assert.ok(steps > 15, `${steps} steps`);
  const signal = AbortSignal.timeout(100_000 * patience);
  await lab.installer.uninstall(requestFor(game), { signal });
  const outcomes = new Set<string>();
  for (let step = 1; step <= steps; step += 1) {
    assert.is((await runChild(lab, game, 'install', step)).signal, 'SIGKILL', `step ${step}`);
    await lab.recover();
    const outcome = await assertSettled(lab, game, `killed at step ${step}`);
    outcomes.add(outcome);
    if (outcome === 'not installed') await lab.installer.install(requestFor(game), listener, { signal });
    assert.is(await assertSettled(lab, game, `after step ${step}`), 'installed');
    await lab.installer.uninstall(requestFor(game), { signal });
  }
  console.log(`STEPS install: killed at each of ${steps}`);
  assert.equal(
    Array.from(outcomes).sort(),
    ['installed', 'not installed'],
    'the kills fell on both sides of the promote',
  );
});

test('an uninstall killed at any step has not begun or goes forward', async () => {
  await using lab = await installLab();
  const game = await lab.game(spec);
  const signal = AbortSignal.timeout(100_000 * patience);
  await lab.installer.install(requestFor(game), listener, { signal });
  const { steps } = await runChild(lab, game, 'uninstall');
  assert.ok(steps > 8, `${steps} steps`);
  for (let step = 1; step <= steps; step += 1) {
    await lab.installer.install(requestFor(game), listener, { signal });
    assert.is((await runChild(lab, game, 'uninstall', step)).signal, 'SIGKILL', `step ${step}`);
    await lab.recover();
    const outcome = await assertSettled(lab, game, `killed at step ${step}`);
    if (outcome === 'installed') await lab.installer.uninstall(requestFor(game), { signal });
    assert.is(await assertSettled(lab, game, `after step ${step}`), 'not installed');
  }
  console.log(`STEPS uninstall: killed at each of ${steps}`);
});

test('a removal killed at any step leaves all of the download or none', async () => {
  await using lab = await installLab();
  const first = await lab.game(spec);
  const { steps } = await runChild(lab, first, 'remove');
  assert.ok(steps >= 5, `${steps} steps`);
  for (let step = 1; step <= steps; step += 1) {
    const game = await lab.game(spec);
    assert.is((await runChild(lab, game, 'remove', step)).signal, 'SIGKILL', `step ${step}`);
    await lab.recover();
    assert.equal((await lab.recover()).actions, []);
    if (existsSync(game.root)) {
      assertSameTree(await readTree(game.root), game.tree, `killed at step ${step}`);
      await lab.installer.removeDownload(requestFor(game));
    }
    assert.equal(await withoutOurs(lab.gamesDir), []);
  }
  console.log(`STEPS removal: killed at each of ${steps}`);
});

test('killed in the middle of unpacking, the tool dies too and recovery deletes what it wrote', async () => {
  await using lab = await installLab();
  const game = await lab.game({
    id: 'large',
    archives: [{ entries: [{ path: 'zeros.bin', sizeBytes: 512 * 1024 ** 2, sparse: true }] }],
  });
  const child = startInstallChild({ directory: lab.directory, game, operation: 'install' });
  child.stdout?.resume();
  await once(child, 'message');
  child.kill('SIGKILL');
  await once(child, 'close');
  assert.ok(existsSync(join(game.root, '.local.installing')), 'it was killed in the middle');
  await lab.recover();
  assert.is(await assertSettled(lab, game, 'killed while unpacking'), 'not installed');
  const archive = join(game.root, 'large.eti');
  await until('the orphaned tool is gone', async () => (await processesWith(archive)).length === 0);
  assert.equal(await withoutOurs(game.root), ['large.eti', 'version.ini'], 'it has not made the folder again');
});

test.run();
