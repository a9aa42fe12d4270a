import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { pathToFileURL } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { writeOpeningPage } from '../../app/shell/browser/opening-page.ts';
import { keepPicture, launchBrowser } from '../support/browser.ts';
import { catalogEntry } from '../support/catalogs.ts';
import { mib, type GameSpec } from '../support/games.ts';
import { Room } from '../support/scenario.ts';
import { card, gamePage, Seat } from '../support/seat.ts';
import { capUpload } from '../support/story.ts';
import { tempDir } from '../support/temp.ts';
import { eventually } from '../support/eventually.ts';

const script = '#!/bin/sh\necho "$LANSPREAD_PLAYER_NAME" > played.txt\nexec sleep 600\n';
const large: GameSpec = {
  id: 'hover',
  title: 'Hover Tank Rally',
  version: '2',
  archives: [
    {
      entries: [
        { path: 'play.sh', text: script, executable: true },
        { path: 'data.bin', sizeBytes: 48 * mib },
      ],
    },
  ],
};
const small: GameSpec = {
  id: 'puck',
  title: 'Puck Legends',
  archives: [
    {
      entries: [
        { path: 'play.sh', text: script, executable: true },
        { path: 'rink.bin', sizeBytes: 2 * mib },
      ],
    },
  ],
};
const launch = [{ label: 'Play', platform: 'linux', command: 'play.sh', arguments: [] }];
const catalog = [
  catalogEntry(large, { launch, genres: ['Racing'], players: { min: 1, max: 8 } }),
  catalogEntry(small, { launch, genres: ['Sports'], keep: ['played.txt'] }),
  { id: 'nobody', title: 'Nobody Has It', version: '1' },
];

let browser: Browser;
test.before(async () => {
  browser = await launchBrowser();
});
test.after(() => browser.close());

/** A room with one peer that has both games, and a seat in it. */
async function atSeat(
  story: (stage: { seat: Seat; room: Room; anna: Awaited<ReturnType<Room['peer']>> }) => Promise<void>,
) {
  await using temp = await tempDir('e2e');
  await using room = new Room(temp, undefined);
  room.catalog = catalog;
  const anna = await room.peer('anna', { has: [large, small] });
  await using seat = await Seat.take({ catalog, peers: anna.addresses, settings: { playerName: 'Mia' } });
  await story({ seat, room, anna });
  assert.equal(seat.problems, [], 'the page had nothing to complain about');
}

test('get, watch it arrive, play, stop, uninstall, remove: the whole way of a game, by its buttons', () =>
  atSeat(async ({ seat, anna }) => {
    await capUpload(anna, 24 * mib);
    const page = await seat.open(browser);
    const hover = card(page, 'Hover Tank Rally');
    await hover.getByRole('button', { name: /^Get:/ }).click();
    await hover.getByRole('button', { name: /^\d+% · [\d.]+ .?B\/s:/ }).waitFor();
    await hover.getByRole('button', { name: 'Hover Tank Rally', exact: true }).click();
    const details = gamePage(page, 'Hover Tank Rally');
    await details.getByRole('img', { name: 'Speed during the last minute' }).waitFor();
    await details.getByRole('button', { name: 'Pause', exact: true }).waitFor();
    await details.getByText('anna').first().waitFor();
    await keepPicture(page, 'downloading');
    await hover.getByRole('button', { name: /^Play:/ }).waitFor({ timeout: 60_000 });
    await keepPicture(page, 'installed');

    await details.getByRole('button', { name: /^Play:/ }).click();
    await hover.getByRole('button', { name: /^Stop:/ }).waitFor();
    await hover.getByText(/^Playing since \d\d:\d\d$/).waitFor();
    await eventually('the game was told who plays', async () => {
      const text = await readFile(join(seat.gamesDir, 'hover/local/played.txt'), 'utf8').catch(() => '');
      return text.trim() === 'Mia' ? text : undefined;
    });
    await hover.getByRole('button', { name: /^Stop:/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop game' }).click();
    await hover.getByRole('button', { name: /^Play:/ }).waitFor();

    await details.getByRole('button', { name: 'Uninstall' }).click();
    const question = page.getByRole('dialog', { name: 'Uninstall Hover Tank Rally?' });
    await question.getByText(/50\.3 MB|50 MB/).waitFor();
    await keepPicture(page, 'uninstall');
    await question.getByRole('button', { name: 'Uninstall' }).click();
    await hover.getByRole('button', { name: /^Install:/ }).waitFor();
    await details.getByRole('button', { name: 'Delete download' }).click();
    await page
      .getByRole('dialog', { name: /^Delete the download/ })
      .getByRole('button', { name: 'Delete download' })
      .click();
    await hover.getByRole('button', { name: /^Get:/ }).waitFor();
    await eventually('its folder is gone', () =>
      access(join(seat.gamesDir, 'hover')).then(
        () => undefined,
        () => true,
      ),
    );
  }));

test('a download is paused, resumed and cancelled from its details, and cancelling asks first', () =>
  atSeat(async ({ seat, anna }) => {
    await capUpload(anna, 4 * mib);
    const page = await seat.open(browser);
    const hover = card(page, 'Hover Tank Rally');
    await hover.getByRole('button', { name: /^Get:/ }).click();
    await hover.getByRole('button', { name: 'Hover Tank Rally', exact: true }).click();
    const details = gamePage(page, 'Hover Tank Rally');
    await details.getByText(/[1-9]\d*%/).waitFor();
    await details.getByRole('button', { name: 'Pause', exact: true }).click();
    await hover.getByRole('button', { name: /^Resume:/ }).waitFor();
    await hover.getByText(/^Paused at [1-9]\d*%$/).waitFor();
    await hover.getByRole('button', { name: /^Resume:/ }).click();
    await details.getByText(/[1-9]\d*%/).waitFor();
    await details.getByRole('button', { name: 'Cancel', exact: true }).click();
    const question = page.getByRole('dialog', { name: 'Cancel the download of Hover Tank Rally?' });
    await question.getByRole('button', { name: 'Keep' }).click();
    await details.getByRole('button', { name: 'Cancel', exact: true }).click();
    await question.getByRole('button', { name: 'Cancel download' }).click();
    await hover.getByRole('button', { name: /^Get:/ }).waitFor();
  }));

test('a peer that leaves in the middle leaves the game resumable, and what it kept is told', () =>
  atSeat(async ({ seat, anna }) => {
    await capUpload(anna, 4 * mib);
    const page = await seat.open(browser);
    const hover = card(page, 'Hover Tank Rally');
    await hover.getByRole('button', { name: /^Get:/ }).click();
    await hover.getByRole('button', { name: /^[1-9]\d*% · / }).waitFor();
    await anna.kill9();
    await hover.getByRole('button', { name: /^(Resume|Try again):/ }).waitFor({ timeout: 40_000 });
    await page.getByRole('link', { name: '0 PCs' }).waitFor();
  }));

test('nobody has a game: its card says so, and has nothing to press in vain', () =>
  atSeat(async ({ seat }) => {
    const page = await seat.open(browser);
    const nobody = card(page, 'Nobody Has It');
    await nobody.getByText('No one here has this').waitFor();
    assert.is(await nobody.getByRole('button').count(), 1, 'the one that opens it');
  }));

test('the core is killed: a quiet banner, then everything is back, and a click in between is not lost', () =>
  atSeat(async ({ seat }) => {
    const page = await seat.open(browser);
    const puck = card(page, 'Puck Legends');
    await puck.getByRole('button', { name: /^Get:/ }).waitFor();
    const children = await readFile(`/proc/${seat.processId}/task/${seat.processId}/children`, 'utf8');
    const [core] = children.trim().split(' ');
    process.kill(Number(core), 'SIGKILL');
    await page.getByRole('alert').filter({ hasText: 'Connection to Lanspread lost' }).waitFor();
    await keepPicture(page, 'core-lost');
    await puck.getByRole('button', { name: /^Get:/ }).click();
    await page.getByRole('alert').waitFor({ state: 'detached', timeout: 30_000 });
    await puck.getByRole('button', { name: /^Play:/ }).waitFor({ timeout: 60_000 });
  }));

test('an offline laptop with a catalog searches and reads', async () => {
  await using seat = await Seat.take({ catalog });
  const page = await seat.open(browser);
  await card(page, 'Puck Legends').waitFor();
  await page.keyboard.type('hov');
  await card(page, 'Puck Legends').waitFor({ state: 'detached' });
  await card(page, 'Hover Tank Rally').waitFor();
  await page.getByText('1 game found').waitFor();
  await page.keyboard.type('zzz');
  await page.getByRole('heading', { name: 'No results for “hovzzz”' }).waitFor();
  await page.getByRole('button', { name: 'Show all games' }).click();
  await card(page, 'Nobody Has It').waitFor();
  assert.equal(seat.problems, []);
});

test('keyboard alone: from the first card to a game that arrives, and back to the card', () =>
  atSeat(async ({ seat }) => {
    const page = await seat.open(browser);
    await card(page, 'Puck Legends').waitFor();
    const focused = async (): Promise<string | undefined> => (await page.locator('*:focus').textContent())?.trim();
    await page.keyboard.press('/');
    await page.keyboard.press('ArrowDown');
    assert.is(await focused(), 'Hover Tank Rally');
    await page.keyboard.press('End');
    assert.is(await focused(), 'Puck Legends');
    await page.keyboard.press('Enter');
    const details = gamePage(page, 'Puck Legends');
    await details.waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    assert.is(await focused(), 'Get');
    await page.keyboard.press('Enter');
    await details.getByRole('button', { name: /^Play:/ }).waitFor({ timeout: 60_000 });
    await page.keyboard.press('Escape');
    await details.waitFor({ state: 'detached' });
    assert.is(await focused(), 'Puck Legends');
  }));

test('another origin and a page without the token reach nothing, and the token stays in the window', () =>
  atSeat(async ({ seat }) => {
    const page = await browser.newPage();
    const { host } = new URL(seat.url);
    const sent: string[] = [];
    page.on('request', (request) => sent.push(request.url()));
    page.on('websocket', (socket) => {
      sent.push(socket.url());
      socket.on('framesent', ({ payload }) => sent.push(payload.toString()));
    });
    /** How the core answers a hello without a known key. */
    const closes = (): Promise<string> =>
      page.evaluate(
        (host) =>
          new Promise<string>((resolve) => {
            const socket = new WebSocket(`ws://${host}/rpc`, ['lanspread']);
            socket.onopen = () => socket.send(JSON.stringify({ keys: ['0'.repeat(64)], nonce: '0'.repeat(64) }));
            socket.onmessage = () => resolve('answered');
            socket.onclose = ({ code }) => resolve(String(code));
          }),
        host,
      );
    await page.goto('data:text/html,<title>elsewhere</title>');
    assert.is(await closes(), '1006', 'another origin');
    await page.goto(`http://${host}/`);
    assert.is(await closes(), '4401', 'a wrong token');
    const opening = seat.join('browser.html');
    writeOpeningPage(opening, seat.url);
    await page.goto(pathToFileURL(opening).href);
    await page.getByRole('search').waitFor();
    const token = new URLSearchParams(new URL(seat.url).hash.slice(1)).get('token') ?? '';
    const frames = sent.filter((text) => !text.startsWith('http'));
    assert.ok(frames.length > 2 && !frames.some((text) => text.includes(token)));
    assert.not.ok(page.url().includes(token));
    await page.close();
  }));

test.run();
