/** What an operator does at a seat: settings, catalogs, extensions, the room, a kiosk that nobody touches; and a pad in place of keys. */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { keepPicture, launchBrowser } from '../support/browser.ts';
import { catalogEntry, writeCatalog } from '../support/catalogs.ts';
import { eventually } from '../support/eventually.ts';
import { mib, type GameSpec } from '../support/games.ts';
import { Room } from '../support/scenario.ts';
import { card, gamePage, Seat } from '../support/seat.ts';
import { tempDir } from '../support/temp.ts';

const crate = fileURLToPath(new URL('../../fixtures/extensions/crate', import.meta.url));
const gameOf = (id: string, title: string): GameSpec => ({
  id,
  title,
  version: '2',
  archives: [{ entries: [{ path: 'data.bin', sizeBytes: 4 * mib }] }],
});
const specs = [gameOf('hover', 'Hover Tank Rally'), gameOf('puck', 'Puck Legends'), gameOf('rail', 'Rail Barons')];
const catalog = specs.map((spec) => catalogEntry(spec));

let browser: Browser;
test.before(async () => {
  browser = await launchBrowser();
});
test.after(() => browser.close());

async function openScreen(seat: Seat, hash: string): Promise<Page> {
  const page = await seat.open(browser);
  await page.getByRole('search').waitFor();
  await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
  await page.getByRole('main').getByRole('heading', { level: 1 }).waitFor();
  return page;
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  await eventually(what, async () => ((await holds()) ? true : undefined));
}

async function setting(seat: Seat, name: string): Promise<unknown> {
  const { settings } = (await seat.command('settings.get', {})) as { settings: Record<string, unknown> };
  return settings[name];
}

test('a setting is kept when its field is left; what is no number is told beside it and kept out', async () => {
  await using seat = await Seat.take({ catalog });
  const page = await openScreen(seat, '#/settings');
  const limit = page.getByLabel('Upload limit', { exact: true });
  await limit.fill('12.5');
  await page.keyboard.press('Tab');
  await page.getByRole('main').getByText('Saved', { exact: true }).waitFor();
  assert.is(await setting(seat, 'uploadLimitBytesPerSecond'), 12_500_000);
  await limit.fill('a lot');
  await page.getByText('This is not a number.').waitFor();
  await page.keyboard.press('Tab');
  assert.is(await limit.getAttribute('aria-invalid'), 'true');
  await limit.press('Escape');
  assert.is(await limit.inputValue(), '12.5', 'Escape brings back what counts');
  await limit.fill('');
  await page.keyboard.press('Enter');
  await until('no limit', async () => (await setting(seat, 'uploadLimitBytesPerSecond')) === null);
  await page.getByRole('radio', { name: 'Light' }).check({ force: true });
  await page.locator('html[data-theme=light]').waitFor();
  assert.equal(seat.problems, []);
});

test('another games folder is looked at while it is typed, and used at once', async () => {
  await using seat = await Seat.take({ catalog });
  const page = await openScreen(seat, '#/settings');
  const folder = page.getByLabel('Folder', { exact: true });
  const use = page.getByRole('button', { name: 'Use this folder' });
  await folder.fill('games');
  await page.getByText('Enter the full path').waitFor();
  assert.ok(await use.isDisabled());
  await folder.fill(seat.join('elsewhere'));
  await page.getByText('This folder will be created.').waitFor();
  await page.getByText(/ free of /).waitFor();
  await use.click();
  await page.getByRole('button', { name: 'In use' }).waitFor();
  const status = (await seat.command('status', {})) as { gamesDir: string };
  assert.is(status.gamesDir, seat.join('elsewhere'));
  assert.equal(seat.problems, []);
});

test('catalogs are imported, put in order with the focus kept, required to be signed, and removed after a question', async () => {
  await using seat = await Seat.take({ catalog });
  await writeCatalog(seat.join('second.json'), [catalogEntry(gameOf('voxel', 'Voxel Valley'))], 'Second');
  const page = await openScreen(seat, '#/settings');
  const path = page.getByLabel('Catalog file');
  await path.fill(seat.join('nothing.json'));
  await page.keyboard.press('Enter');
  await page.getByText(/cannot be read \(ENOENT\)/).waitFor();
  await path.fill(seat.join('games'));
  const browse = page.getByRole('region', { name: 'Catalogs' }).getByRole('button', { name: 'Choose file…' });
  await browse.click();
  const dialog = page.getByRole('dialog', { name: 'Choose a file' });
  await dialog.getByRole('button', { name: 'Up one folder' }).click();
  await dialog.getByRole('button', { name: 'second.json' }).click();
  await page.getByText('Second imported: 1 game.').waitFor();
  const names = page.getByRole('list', { name: 'Catalogs, most important first' }).getByRole('listitem');
  await until('two catalogs', async () => (await names.count()) === 2);
  await page.getByRole('button', { name: 'Move Second up' }).click();
  await until('Second is the first', async () => (await names.first().innerText()).startsWith('Second'));
  await until(
    'the focus stays with its row',
    async () =>
      (await page.evaluate<string>('document.activeElement.getAttribute("aria-label") ?? ""')) === 'Move Second down',
  );
  await page.getByRole('switch', { name: 'Only signed catalogs' }).click();
  await until('both are not in use', async () => (await page.getByText('Not in use', { exact: true }).count()) === 2);
  await page.getByRole('switch', { name: 'Only signed catalogs' }).click();
  await page.getByRole('button', { name: 'Remove Second' }).click();
  await page.getByRole('dialog').getByText('1 game disappears from the library.', { exact: false }).waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await until('one catalog is left', async () => (await names.count()) === 1);
  assert.equal(seat.problems, []);
});

test('an extension asks before it is let in, brings its theme, is turned off and on and removed', async () => {
  await using seat = await Seat.take({ catalog });
  const page = await openScreen(seat, '#/extensions');
  await page.getByRole('list', { name: 'Extensions' }).getByText('7-Zip').first().waitFor();
  // The same as in the repository, and it wants to ask a server, too.
  const folder = seat.join('crate');
  await cp(crate, folder, { recursive: true });
  const manifest = JSON.parse(await readFile(`${folder}/package.json`, 'utf8')) as Record<string, unknown>;
  await writeFile(
    `${folder}/package.json`,
    JSON.stringify({ ...manifest, permissions: { net: ['https://lists.example.org'] } }),
  );
  await page.getByLabel('Extension file').fill(folder);
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Install Crates?' });
  await dialog.getByText('This extension has no trusted signature', { exact: false }).waitFor();
  await dialog.getByText('connect to https://lists.example.org').waitFor();
  await keepPicture(page, 'extension-consent');
  await dialog.getByRole('button', { name: 'Install' }).click();
  const use = page.getByRole('switch', { name: 'Use Crates' });
  await use.waitFor();
  assert.ok(await use.isChecked());
  await page.evaluate(`location.hash = '#/settings'`);
  await page.getByRole('radio', { name: 'Pine' }).check({ force: true });
  await until(
    'the ground is as the theme says',
    async () => (await page.evaluate<string>('getComputedStyle(document.body).backgroundColor')) === 'rgb(15, 26, 20)',
  );
  await page.evaluate(`location.hash = '#/extensions'`);
  await use.click();
  await until('it is turned off', async () => !(await use.isChecked()));
  await until(
    'its theme is gone with it',
    async () => (await page.evaluate<string>('getComputedStyle(document.body).backgroundColor')) !== 'rgb(15, 26, 20)',
  );
  await page.getByRole('listitem', { name: 'Crates' }).getByText('Permissions').click();
  await page.getByRole('button', { name: 'Remove Crates' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await until('it is removed', async () => (await use.count()) === 0);
  assert.equal(seat.problems, []);
});

test('alone, the room says what to do; a PC that is connected by its address shows in picture and table', async () => {
  await using temp = await tempDir('operator');
  await using room = new Room(temp, undefined);
  room.catalog = catalog;
  const anna = await room.peer('anna', { has: specs.slice(0, 2) });
  await using seat = await Seat.take({ catalog });
  const page = await openScreen(seat, '#/room');
  await page.getByRole('heading', { name: 'No other PCs yet' }).waitFor();
  const address = page.getByLabel('Address of a PC');
  await address.fill('over there');
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByText(/not a valid address/i).waitFor();
  await address.fill(anna.addresses[0] ?? '');
  await page.keyboard.press('Enter');
  await page.getByRole('img', { name: /this PC and 1 other/ }).waitFor();
  const row = page.getByRole('row', { name: /anna/ });
  await row.getByRole('button', { name: /Games of anna: 2 games/ }).click();
  await page.getByRole('list', { name: 'Games of anna' }).getByText('Puck Legends').waitFor();
  assert.equal(await setting(seat, 'staticPeers'), [anna.addresses[0]]);
  assert.equal(seat.problems, []);
});

test('nobody at a kiosk: a question, then the session is over and nothing of it is left', async () => {
  await using seat = await Seat.take({ catalog, settings: { kioskIdleMinutes: 1, playerName: 'seat-12' } });
  await seat.command('kiosk.setPin', { pin: '2468' });
  await seat.command('settings.set', { name: 'kiosk', value: true });
  const page = await seat.open(browser);
  await page.clock.install();
  await page.goto(seat.url);
  await card(page, 'Puck Legends').waitFor();
  await page.getByRole('button', { name: 'Player: seat-12' }).click();
  await page.getByRole('dialog').getByLabel('Player name').fill('Nobody special');
  await page.getByRole('dialog').getByRole('radio', { name: 'Deutsch' }).check({ force: true });
  await page.getByRole('button', { name: 'Fertig' }).click();
  await page.getByRole('button', { name: 'Spieler: Nobody special' }).waitFor();
  await page.getByRole('searchbox').fill('puck');
  await page.clock.runFor(32_000);
  await page.getByRole('dialog', { name: 'Noch da?' }).waitFor();
  // The mouse is moved by a bump of the table: that is no answer.
  for (const x of [300, 500, 400]) await page.mouse.move(x, 300);
  assert.is(await page.getByRole('dialog', { name: 'Noch da?' }).count(), 1);
  await page.keyboard.press('Shift');
  await until('somebody is there', async () => (await page.getByRole('dialog').count()) === 0);
  await page.clock.runFor(62_000);
  await page.getByRole('dialog', { name: /Waiting for a player|Warten auf Spieler/ }).waitFor();
  await keepPicture(page, 'kiosk-attract');
  await until('the name is the operator’s', async () => (await setting(seat, 'playerName')) === 'seat-12');
  assert.is(await setting(seat, 'language'), 'en');
  await page.keyboard.press('p');
  await card(page, 'Hover Tank Rally').waitFor();
  assert.is(await page.getByRole('searchbox').inputValue(), '', 'the key that woke it is not typed');
  assert.equal(seat.problems, []);
});

test('a pad leads from card to details and back, and its buttons are named while it is in use', async () => {
  await using seat = await Seat.take({ catalog });
  const page = await seat.open(browser);
  await page.addInitScript(`
    globalThis.pad = { index: 0, mapping: 'standard', connected: true, buttons: Array.from({ length: 17 }, () => ({ pressed: false })), axes: [0, 0, 0, 0] };
    navigator.getGamepads = () => [globalThis.pad];
  `);
  await page.reload();
  await card(page, 'Hover Tank Rally').waitFor();
  const press = async (button: number, holds: () => Promise<boolean>, what: string): Promise<void> => {
    await page.evaluate(`pad.buttons[${button}].pressed = true`);
    await until(what, holds);
    await page.evaluate(`pad.buttons[${button}].pressed = false`);
    // Released for at least one look at it.
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  };
  const focused = (): Promise<string> => page.evaluate<string>('document.activeElement.textContent.trim()');
  await press(3, async () => page.evaluate<boolean>('document.activeElement.type === "search"'), 'Y searches');
  await page.getByRole('complementary', { name: 'Controller buttons' }).waitFor();
  await press(13, async () => (await focused()) === 'Hover Tank Rally', 'down leads to the first card');
  await press(15, async () => (await focused()) === 'Puck Legends', 'right to the next');
  await press(0, async () => (await gamePage(page, 'Puck Legends').count()) === 1, 'A opens it');
  await press(1, async () => (await gamePage(page, 'Puck Legends').count()) === 0, 'B closes it');
  await press(9, async () => (await focused()) === 'Library', 'the menu button leads to the menu');
  await page.keyboard.press('Tab');
  await until('keys hide the hints', async () => (await page.getByRole('complementary').count()) === 0);
  assert.equal(seat.problems, []);
});

test.run();
