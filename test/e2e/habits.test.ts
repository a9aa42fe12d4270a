/**
 * What people do without thinking: press twice, go away and come back, read a notice, look up from a stuck pad. Held
 * against a core that says whatever the case needs.
 */
import type { Browser, Page } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { GameView } from '../../app/core/rpc/index.ts';
import { launchBrowser } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { card, gamePage } from '../support/seat.ts';
import { StageCore, stageGame } from '../support/stage-core.ts';

const here = { downloaded: true, installed: true, installedVersion: '1', localVersion: '1' } as const;
const operation = (kind: NonNullable<GameView['operation']>['kind']): Pick<GameView, 'operation'> => ({
  operation: { kind, startedAt: Date.now() },
});

let browser: Browser;
test.before(async () => {
  browser = await launchBrowser();
});
test.after(() => browser.close());

async function atStage(
  games: readonly GameView[],
  story: (stage: { core: StageCore; page: Page }) => Promise<void>,
  prepare: (core: StageCore) => void = () => {},
): Promise<void> {
  await using core = new StageCore();
  core.patch(games);
  prepare(core);
  await core.start();
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.goto(core.url);
  await page.getByRole('article').first().waitFor();
  await story({ core, page });
  await context.close();
  assert.equal(problems, []);
}

const asked = (core: StageCore, name: string): number => core.asked.filter((each) => each.name === name).length;
const settle = (page: Page): Promise<unknown> =>
  page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');

test('a double click on Play starts the game once and never stops it; Stop asks first', () => {
  const game = stageGame('Puck', here);
  return atStage([game], async ({ core, page }) => {
    // The game runs as soon as it is asked for: as fast as any core could be.
    core.onCommand = (name) => {
      if (name !== 'play') return;
      core.patch([{ ...game, ...operation('Playing') }]);
      core.tell({ event: 'play-started', gameId: game.id });
    };
    await card(page, 'Puck')
      .getByRole('button', { name: /^Play:/ })
      .dblclick();
    await card(page, 'Puck').getByText('Launching…').waitFor();
    await card(page, 'Puck')
      .getByRole('button', { name: /^Launching/ })
      .click({ force: true });
    assert.equal([asked(core, 'play'), asked(core, 'stop')], [1, 0]);
    const stop = card(page, 'Puck').getByRole('button', { name: /^Stop:/ });
    const place = await stop.boundingBox();
    if (!place) throw new Error('Stop is in sight');
    await page.mouse.dblclick(place.x + 20, place.y + 10);
    const question = page.getByRole('dialog', { name: 'Stop Puck?' });
    await question.waitFor();
    await settle(page);
    assert.is(asked(core, 'stop'), 0);
    await question.getByRole('button', { name: 'Keep playing' }).click();
    await stop.click();
    await question.getByRole('button', { name: 'Stop game' }).click();
    await eventually('it is stopped', async () => (asked(core, 'stop') === 1 ? true : undefined));
  });
});

test('the second click of a double click presses nothing that came into its place', () => {
  const games = [stageGame('Puck', { downloaded: true }), stageGame('Rail', { peerCount: 1 })];
  return atStage(games, async ({ core, page }) => {
    const [puck] = games;
    if (!puck) throw new Error('there are two');
    // What is asked for is done at once, and the next thing is offered in the same place.
    core.onCommand = (name) => {
      if (name === 'install') core.patch([{ ...puck, ...here }]);
    };
    await card(page, 'Puck')
      .getByRole('button', { name: /^Install:/ })
      .dblclick();
    await card(page, 'Puck')
      .getByRole('button', { name: /^Play:/ })
      .waitFor();
    await settle(page);
    assert.equal([asked(core, 'install'), asked(core, 'play')], [1, 0]);
    // A card that is double clicked opens; nothing on its page is pressed.
    await card(page, 'Rail').dblclick({ position: { x: 60, y: 60 } });
    await gamePage(page, 'Rail').waitFor();
    await settle(page);
    assert.is(page.url().endsWith('#/library/rail'), true);
    assert.is(asked(core, 'download'), 0);
  });
});

test('Enter that is held down on Play plays once', () => {
  const game = stageGame('Puck', here);
  return atStage([game], async ({ core, page }) => {
    core.onCommand = (name) => {
      if (name === 'play') core.patch([{ ...game, ...operation('Playing') }]);
    };
    await card(page, 'Puck')
      .getByRole('button', { name: /^Play:/ })
      .focus();
    for (let repeat = 0; repeat < 12; repeat += 1) await page.keyboard.down('Enter');
    await page.keyboard.up('Enter');
    await card(page, 'Puck').getByText('Launching…').waitFor();
    assert.equal([asked(core, 'play'), asked(core, 'stop')], [1, 0]);
  });
});

test('the library is where it was after the queue, after a game, and after going back', () => {
  const games = Array.from({ length: 300 }, (_, index) => stageGame(`Tale ${100 + index}`, { peerCount: 1 }));
  return atStage(games, async ({ page }) => {
    const top = (): Promise<number> => page.evaluate<number>('document.getElementById("games").scrollTop');
    const wanted = 4_000;
    await page.evaluate(`document.getElementById('games').scrollTop = ${wanted}`);
    await settle(page);
    const stays = async (what: string): Promise<void> => {
      await page.locator('#games').waitFor();
      await eventually(what, async () => (Math.abs((await top()) - wanted) < 2 ? true : undefined));
    };
    await page.getByRole('link', { name: 'Queue', exact: true }).click();
    await page.getByRole('heading', { name: 'The queue is empty' }).waitFor();
    await page.getByRole('link', { name: 'Library', exact: true }).click();
    await stays('after the queue');
    await page.getByRole('link', { name: 'Room', exact: true }).click();
    await page.getByRole('heading', { name: 'Room' }).waitFor();
    await page.goBack();
    await stays('after going back');
    const shown = page
      .getByRole('article')
      .filter({ hasText: /Tale 1[2-9]\d/ })
      .first();
    const title = (await shown.getByRole('heading').textContent())?.trim() ?? '';
    await shown.getByRole('button', { name: title, exact: true }).focus();
    await settle(page);
    const before = await top();
    await page.keyboard.press('Enter');
    await gamePage(page, title).waitFor();
    await page.keyboard.press('Escape');
    await page.locator('#games').waitFor();
    await eventually('after a game', async () => (Math.abs((await top()) - before) < 2 ? true : undefined));
    await eventually('the focus is back on the game', async () =>
      (await page.evaluate('document.activeElement.textContent.trim()')) === title ? true : undefined,
    );
  });
});

test('a failure stays until it is read, offers what it advises, and covers no button', () => {
  const games = Array.from({ length: 60 }, (_, index) => stageGame(`Tale ${10 + index}`, { peerCount: 1 }));
  return atStage(games, async ({ core, page }) => {
    const [first] = games;
    if (!first) throw new Error('there are sixty');
    await page.clock.install();
    core.tell({
      event: 'play-failed',
      gameId: first.id,
      code: 'PLAY_FAILED',
      message: 'The game could not be started.',
    });
    const notice = page.locator('.toasts').getByText(/^Tale 10: The game could not be started\./);
    await notice.waitFor();
    await page.clock.runFor(60_000);
    assert.is(await notice.count(), 1, 'it is still there after a minute');
    const box = await page.locator('.toasts').boundingBox();
    const buttons = await page.locator('main').boundingBox();
    assert.ok(box && buttons && buttons.y + buttons.height <= box.y + 1, 'it stands below the content');
    await page.getByRole('button', { name: 'Show files', exact: true }).click();
    await eventually('its advice is done', async () => (asked(core, 'revealFiles') === 1 ? true : undefined));
    assert.is(await notice.count(), 0);
  });
});

test('what is installed is told, and can be played from there', () => {
  const game = stageGame('Puck', here);
  return atStage([game], async ({ core, page }) => {
    core.tell({ event: 'install-finished', gameId: game.id, version: '1' });
    await page.getByText('Puck is ready to play.').waitFor();
    await page.locator('.toasts').getByRole('button', { name: 'Play', exact: true }).click();
    await eventually('it is played', async () => (asked(core, 'play') === 1 ? true : undefined));
  });
});

test('a pad without the standard layout, or stuck from the start, does nothing', () =>
  atStage([stageGame('Puck', { peerCount: 1 })], async ({ core, page }) => {
    await page.addInitScript(`
      const stuck = (mapping) => ({ index: 0, mapping, connected: true, buttons: Array.from({ length: 17 }, (_, at) => ({ pressed: at === 0 || at === 13 })), axes: [-1, -1, 0, 1] });
      globalThis.pads = [stuck('')];
      navigator.getGamepads = () => globalThis.pads;
      globalThis.stuck = stuck;
    `);
    await page.reload();
    await card(page, 'Puck').waitFor();
    await page.getByRole('searchbox').focus();
    for (const mapping of ['', 'standard']) {
      await page.evaluate(`globalThis.pads = [stuck('${mapping}')]; dispatchEvent(new Event('gamepadconnected'))`);
      for (let frame = 0; frame < 40; frame += 1) await settle(page);
      assert.is(await page.evaluate('document.activeElement.type'), 'search', `mapping "${mapping}"`);
      assert.is(await page.getByRole('complementary').count(), 0, 'nothing says that a pad is in use');
    }
    assert.equal(core.asked, []);
  }));

test('long and right-to-left titles and collections stay readable and inside', () => {
  const long = 'The collection of everything we played on the last evening';
  const games = [stageGame('مغامرات الفضاء 2', { peerCount: 1 }), stageGame(`A ${'very '.repeat(20)}long title`)];
  return atStage(
    games,
    async ({ page }) => {
      await page.getByRole('button', { name: 'مغامرات الفضاء 2', exact: true }).waitFor();
      const direction = `getComputedStyle(document.querySelector('.open[title^="م"]')).direction`;
      assert.is(await page.evaluate(direction), 'rtl');
      for (const width of [800, 1024, 1280, 1920]) {
        await page.setViewportSize({ width, height: 768 });
        await settle(page);
        const tooWide = await page.evaluate<string[]>(`[...document.querySelectorAll('.side, .filters, .filters li')]
          .filter((each) => each.scrollWidth > each.clientWidth + 1)
          .map((each) => each.className + ' ' + each.textContent.trim().slice(0, 40))`);
        assert.equal(tooWide, [], `${width}`);
      }
    },
    (core) => core.set('collections', [{ name: long, gameIds: [] }]),
  );
});

test.run();
