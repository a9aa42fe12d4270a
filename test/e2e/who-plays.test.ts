/** What the others play: on cards, in the details, in the room, in the filter, and on the screen of a PC that nobody uses. */
import type { Browser } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assertAccessible } from '../support/accessible.ts';
import { keepPicture, launchBrowser } from '../support/browser.ts';
import { catalogEntry } from '../support/catalogs.ts';
import { until } from '../support/eventually.ts';
import type { GameSpec } from '../support/games.ts';
import type { PeerProcess } from '../support/peer.ts';
import { Room } from '../support/scenario.ts';
import { card, gamePage, Seat } from '../support/seat.ts';
import { does } from '../support/story.ts';
import { tempDir } from '../support/temp.ts';

const script = '#!/bin/sh\nexec sleep 300\n';
const puck: GameSpec = {
  id: 'puck',
  title: 'Puck Legends',
  archives: [{ entries: [{ path: 'play.sh', text: script, executable: true }] }],
};
const launch = [{ label: 'Play', platform: 'linux', command: 'play.sh', arguments: [] }];
const catalog = [
  catalogEntry(puck, { launch, players: { min: 2, max: 8 } }),
  { id: 'nobody', title: 'Nobody Has It', version: '1' },
];

let browser: Browser;
test.before(async () => {
  browser = await launchBrowser();
});
test.after(() => browser.close());

/** A room in which anna has the game installed. */
async function withAnna(story: (anna: PeerProcess) => Promise<void>): Promise<void> {
  await using temp = await tempDir('e2e');
  await using room = new Room(temp, undefined);
  room.catalog = catalog;
  const anna = await room.peer('anna', { has: [puck] });
  await does(anna, 'install', { gameId: 'puck' }, 'install-finished');
  try {
    await story(anna);
  } finally {
    await anna.command('stop', { gameId: 'puck' }).catch(() => undefined);
  }
}

test('a game that is played in the room says so everywhere, and can be joined', () =>
  withAnna(async (anna) => {
    await using seat = await Seat.take({ catalog, peers: anna.addresses });
    const page = await seat.open(browser);
    const puckCard = card(page, 'Puck Legends');
    await puckCard.getByRole('button', { name: /^Get:/ }).click();
    await puckCard.getByRole('button', { name: /^Play:/ }).waitFor();
    await anna.command('play', { gameId: 'puck' });
    await puckCard.getByText('1 playing now').waitFor();

    const filter = page.getByRole('button', { name: /^Playing now/ });
    await filter.click();
    await until('only what is played is shown', async () => (await page.getByRole('article').count()) === 1);
    await puckCard.getByRole('button', { name: 'Puck Legends', exact: true }).click();
    const details = gamePage(page, 'Puck Legends');
    await details.getByText('Playing now: anna').waitFor();
    await keepPicture(page, 'played-now');
    await assertAccessible(page, 'a game that is being played');
    await details.getByRole('button', { name: 'Join' }).click();
    await details.getByRole('button', { name: /^Stop:/ }).waitFor();
    await details.getByText(/^Playing since/).waitFor();
    assert.is(await details.getByRole('button', { name: 'Join' }).count(), 0);
    await page.keyboard.press('Escape');
    await puckCard.getByText('2 playing now').waitFor();
    await puckCard.getByRole('button', { name: /^Stop:/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop game' }).click();
    await puckCard.getByText('1 playing now').waitFor();

    await page.getByRole('link', { name: /Room/ }).click();
    const row = page.getByRole('row', { name: /anna/ });
    await row.getByRole('link', { name: 'Puck Legends' }).waitFor();
    await assertAccessible(page, 'the room');
    await anna.command('stop', { gameId: 'puck' });
    await until('the room says so', async () => (await row.getByRole('link').count()) === 0);
    await page.getByRole('link', { name: /Library/ }).click();
    await page.getByText('No one is playing right now.').waitFor();
    assert.equal(seat.problems, []);
  }));

test('who does not want to tell what is played switches it off in the settings', () =>
  withAnna(async (anna) => {
    await using seat = await Seat.take({ catalog, peers: anna.addresses });
    const page = await seat.open(browser);
    await page.goto(`${seat.url.replace(/#.*/, '')}#/settings`);
    const toggle = page.getByRole('switch', { name: 'Show what I am playing' });
    await until('it is on', () => toggle.isChecked());
    await toggle.click();
    await until('the core knows', async () => !(await seat.command('settings.get', {})).settings.tellWhatIsPlayed);
    assert.equal(seat.problems, []);
  }));

test('a PC that nobody uses shows first what others play', () =>
  withAnna(async (anna) => {
    await using seat = await Seat.take({
      catalog,
      peers: anna.addresses,
      settings: { language: 'de', kioskIdleMinutes: 1 },
    });
    await seat.command('kiosk.setPin', { pin: '2468' });
    await seat.command('settings.set', { name: 'kiosk', value: true });
    await anna.command('play', { gameId: 'puck' });
    const page = await seat.open(browser);
    await page.clock.install();
    await page.goto(seat.url);
    await card(page, 'Puck Legends').getByText('1 spielt gerade').waitFor();
    await page.clock.runFor(62_000);
    const attract = page.getByRole('dialog', { name: 'Warten auf Spieler' });
    await attract.getByText('1 spielt gerade').waitFor();
    await attract.getByText('2–8 Spieler · anna').waitFor();
    await keepPicture(page, 'kiosk-attract-played');
    assert.equal(seat.problems, []);
  }));

test.run();
