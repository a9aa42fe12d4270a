/** Whole peers whose required parts fail for real: each says so, stops in order and exits non-zero. */
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { catalogEntry, writeCatalog } from '../../support/catalogs.ts';
import { until } from '../../support/eventually.ts';
import { makeGame, smallGame } from '../../support/games.ts';
import { PeerProcess, type HarnessEvent } from '../../support/peer.ts';
import type { PeerOptions } from '../../support/peer-spawn.ts';
import { does } from '../../support/story.ts';
import { tempDir } from '../../support/temp.ts';
import { assertSameTree, readTree } from '../../support/trees.ts';

const preload = pathToFileURL(join(import.meta.dirname, '../../support/failing-preload.ts')).href;
const game = smallGame('quake');

interface Stage {
  readonly peer: PeerProcess;
  readonly options: PeerOptions;
  /** Makes a part fail; see `failing-preload.ts`. */
  fail(what: 'control' | 'lane'): Promise<void>;
}

async function onStage(work: (stage: Stage) => Promise<void>): Promise<void> {
  await using temp = await tempDir('required');
  const failFile = temp.join('fail');
  const options: PeerOptions = {
    name: 'anna',
    gamesDir: temp.join('games'),
    stateDir: temp.join('state'),
    catalog: temp.join('catalog.json'),
  };
  await writeCatalog(options.catalog, [catalogEntry(game)]);
  const environment = { LANSPREAD_FAIL_FILE: failFile, NODE_OPTIONS: `--import ${preload}` };
  await using peer = await PeerProcess.start({ ...options, environment });
  await work({ peer, options, fail: (what) => writeFile(failFile, what) });
}

/** Says what failed, and is gone soon after. */
async function failsWith(peer: PeerProcess, component: string, limitMs = 20_000): Promise<HarnessEvent> {
  const event = await peer.waitFor('runtime-failed', undefined, { limitMs });
  assert.is(event['component'], component, JSON.stringify(event));
  const { exitCode, signal } = await peer.exited(5_000);
  assert.equal([exitCode, signal], [1, null], peer.stderr);
  assert.is(peer.events.filter(({ event: name }) => name === 'runtime-failed').length, 1);
  return event;
}

test('a control listener that fails ends the core', () =>
  onStage(async ({ peer, fail }) => {
    await fail('control');
    await failsWith(peer, 'control listener');
  }));

test('a byte lane whose workers cannot be brought back ends the core', () =>
  onStage(async ({ peer, fail }) => {
    await fail('lane');
    await failsWith(peer, 'lane listener');
  }));

test('a database that is deleted under the core ends it; the next start rebuilds it from the games', () =>
  onStage(async ({ peer, options }) => {
    const made = await makeGame(options.gamesDir, game);
    await until('the game is seen', async () => (await peer.game(game.id)).downloaded);
    await does(peer, 'install', { gameId: game.id }, 'install-finished');
    for (const suffix of ['', '-wal', '-shm']) await rm(join(options.stateDir, `lanspread.db${suffix}`));
    const { error } = await failsWith(peer, 'state');
    assert.match(JSON.stringify(error), 'STATE_CORRUPT');

    await using next = await PeerProcess.start(options);
    assert.is((await next.game(game.id)).installed, true);
    assertSameTree(await readTree(join(options.gamesDir, game.id, 'local')), made.installed);
    assert.is((await next.quit()).exitCode, 0);
  }));

test('a state folder that is moved away under the core ends it', () =>
  onStage(async ({ peer, options }) => {
    await rename(options.stateDir, `${options.stateDir}-away`);
    await failsWith(peer, 'state');
  }));

test.run();
