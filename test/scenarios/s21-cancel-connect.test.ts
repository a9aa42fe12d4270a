import * as assert from 'uvu/assert';
import { bulkGame, mib } from '../support/games.ts';
import { patience } from '../support/patience.ts';
import { lanScenario, runScenarios, scenario } from '../support/scenario.ts';
import { capUpload, countOf, endsWith, hasArrived, isOffered, sees, servedIn } from '../support/story.ts';
import { readTree } from '../support/trees.ts';

const game = bulkGame('saga', 64 * mib);
const limitMs = 500;

for (const phase of ['before it answers', 'while it sends'] as const) {
  scenario(`S21: with a peer that froze ${phase} a cancel is done within 500 ms`, async (room) => {
    room.lists(game);
    const anna = await room.peer('anna', { has: [game] });
    const bela = await room.peer('bela', { knows: [anna] });
    await isOffered(bela, 'saga');
    if (phase === 'while it sends') {
      await capUpload(anna, 8 * mib);
      await bela.command('download', { gameId: 'saga' });
      await hasArrived(bela, 'saga', { share: 0.1 });
      process.kill(anna.processId, 'SIGSTOP');
    } else {
      process.kill(anna.processId, 'SIGSTOP');
      await bela.command('download', { gameId: 'saga' });
      await bela.waitFor('active-operations-changed', ({ operations }) =>
        JSON.stringify(operations).includes('CheckingPeers'),
      );
    }
    try {
      const started = performance.now();
      await bela.command('cancel', { gameId: 'saga' });
      await endsWith(bela, 'download-cancelled', 'saga');
      const elapsedMs = performance.now() - started;
      assert.ok(elapsedMs < limitMs, `it took ${Math.round(elapsedMs)} ms`);
      assert.is(countOf(bela, 'download-cancelled', 'saga'), 1);
      const view = await bela.game('saga');
      assert.equal([view.operation, view.resumable, view.lastFailure], [undefined, undefined, undefined]);
      assert.equal(await readTree(room.gamesDir('bela')), []);
    } finally {
      process.kill(anna.processId, 'SIGCONT');
    }
  });
}

lanScenario(
  'S21: while the byte lane is being connected to a PC that drops it a cancel is done within 500 ms',
  ['anna', 'bela'],
  async (room) => {
    room.lists(game);
    const anna = await room.peer('anna', { has: [game] });
    const bela = await room.peer('bela');
    await isOffered(bela, 'saga');
    assert.is((await sees(bela, anna)).transport, 'quic', 'the session itself needs no TCP');
    room.lan?.dropInbound('anna', { protocol: 'tcp' });
    await bela.command('download', { gameId: 'saga' });
    await bela.waitFor('download-begin', ({ gameId }) => gameId === 'saga');
    const started = performance.now();
    await bela.command('cancel', { gameId: 'saga' });
    await endsWith(bela, 'download-cancelled', 'saga');
    const elapsedMs = performance.now() - started;
    assert.equal(servedIn(bela.events, 'saga').blocks, [], 'nothing had come: it was still connecting');
    assert.ok(elapsedMs < limitMs * patience, `it took ${Math.round(elapsedMs)} ms`);
    assert.equal(await readTree(room.gamesDir('bela')), []);
  },
);

runScenarios();
