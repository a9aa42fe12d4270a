/** The ways through the launcher beside the main one: first run, update, streamed install, a choice of copies, queue, kiosk, German. */
import { access, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Locator } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assertAccessible } from '../support/accessible.ts';
import { keepPicture, launchBrowser } from '../support/browser.ts';
import { catalogEntry } from '../support/catalogs.ts';
import { eventually } from '../support/eventually.ts';
import { mib, type GameSpec } from '../support/games.ts';
import { Room } from '../support/scenario.ts';
import { card, gamePage, Seat } from '../support/seat.ts';
import { capUpload } from '../support/story.ts';
import { tempDir } from '../support/temp.ts';
import { assertSameTree, readTree } from '../support/trees.ts';

const gameOf = (id: string, title: string, sizeMebibytes: number, version = '2'): GameSpec => ({
  id,
  title,
  version,
  archives: [{ entries: [{ path: 'data.bin', sizeBytes: sizeMebibytes * mib }] }],
});
const specs = [
  gameOf('hover', 'Hover Tank Rally', 24),
  gameOf('puck', 'Puck Legends', 24),
  gameOf('rail', 'Rail Barons', 24),
  gameOf('voxel', 'Voxel Valley', 4),
];
const catalog = specs.map((spec) => catalogEntry(spec));

async function assertAbsent(path: string): Promise<void> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  assert.is(isThere, false, path);
}

let browser: Browser;
test.before(async () => {
  browser = await launchBrowser();
});
test.after(() => browser.close());

test('the first run asks for a folder and a name, then the launcher is there; both are kept', async () => {
  await using seat = await Seat.take({ catalog, isSetUp: false });
  const page = await seat.open(browser);
  const folder = seat.join('my games');
  await page.getByRole('heading', { level: 1 }).waitFor();
  await keepPicture(page, 'first-run');
  await page.getByRole('textbox', { name: 'Your name' }).fill('Mia');
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('textbox', { name: 'Games folder' }).fill(folder);
  await page.getByText(/ free of /).waitFor();
  await keepPicture(page, 'first-run-folder');
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await card(page, 'Puck Legends').waitFor();
  const { settings } = (await seat.command('settings.get', {})) as { settings: Record<string, unknown> };
  assert.equal([settings['playerName'], settings['gamesDir'], settings['setupDone']], ['Mia', folder, true]);
  await page.reload();
  await card(page, 'Puck Legends').waitFor();
  assert.equal(seat.problems, []);
});

test('an older version is played or updated; the update keeps what the player wrote', async () => {
  await using temp = await tempDir('e2e');
  await using room = new Room(temp, undefined);
  room.catalog = catalog;
  const anna = await room.peer('anna', { has: [gameOf('voxel', 'Voxel Valley', 4)] });
  await using seat = await Seat.take({
    catalog: [catalogEntry(gameOf('voxel', 'Voxel Valley', 4, '1'))],
    peers: anna.addresses,
  });
  const older = await room.peer('older', { has: [gameOf('voxel', 'Voxel Valley', 3, '1')] });
  await seat.command('connectPeer', { address: older.addresses[0] ?? '' });
  const page = await seat.open(browser);
  const voxel = card(page, 'Voxel Valley');
  await voxel.getByRole('button', { name: /^Get:/ }).click();
  await voxel.getByText(/^Installed/).waitFor({ timeout: 60_000 });
  await mkdir(join(seat.gamesDir, 'voxel/local/saves'));
  await writeFile(join(seat.gamesDir, 'voxel/local/saves/one'), 'level 7');
  await seat.offer(catalog);
  await voxel.getByText('1 → 2').waitFor();
  await voxel.getByRole('button', { name: /^Play:/ }).waitFor();
  await keepPicture(page, 'update-offered');
  await voxel.getByRole('button', { name: /^Update:/ }).click();
  await voxel.getByText('1 → 2').waitFor({ state: 'detached', timeout: 60_000 });
  await voxel.getByText(/^Installed/).waitFor({ timeout: 60_000 });
  assert.is(await readFile(join(seat.gamesDir, 'voxel/local/saves/one'), 'utf8'), 'level 7');
  assert.is((await stat(join(seat.gamesDir, 'voxel/local/data.bin'))).size, 4 * mib);
  assert.equal(seat.problems, []);
});

test('a streamed install leaves no archive here', async () => {
  await using temp = await tempDir('e2e');
  await using room = new Room(temp, undefined);
  room.catalog = catalog;
  const anna = await room.peer('anna', { has: specs });
  await using seat = await Seat.take({ catalog, peers: anna.addresses });
  const page = await seat.open(browser);
  await card(page, 'Puck Legends').getByRole('button', { name: 'Puck Legends', exact: true }).click();
  const details = gamePage(page, 'Puck Legends');
  await details.getByRole('button', { name: 'Install while downloading' }).click();
  await card(page, 'Puck Legends')
    .getByText(/^Installed/)
    .waitFor({ timeout: 60_000 });
  assert.is((await stat(join(seat.gamesDir, 'puck/local/data.bin'))).size, 24 * mib);
  await assertAbsent(join(seat.gamesDir, 'puck/puck.eti'));
  await card(page, 'Puck Legends')
    .getByText(/^Installed/)
    .waitFor();
  assert.equal(seat.problems, []);
});

test('where PCs hold different copies of a game the player chooses one, in whichever way the game was asked for', async () => {
  await using temp = await tempDir('e2e');
  await using room = new Room(temp, undefined);
  const asHeldBy = (name: string): GameSpec[] =>
    ['Hover', 'Puck', 'Rail'].map((title) => ({
      id: title.toLowerCase(),
      title,
      archives: [{ entries: [{ path: 'maps.txt', text: `as ${name} has it` }] }],
    }));
  room.catalog = asHeldBy('anna').map((spec) => catalogEntry(spec));
  const anna = await room.peer('anna', { has: asHeldBy('anna') });
  const bela = await room.peer('bela', { has: asHeldBy('bela') });
  await using seat = await Seat.take({ catalog: room.catalog, peers: [...anna.addresses, ...bela.addresses] });
  const page = await seat.open(browser);
  const failed = page.getByText(/hold different files of this game/);
  const dialogOf = (title: string): Locator => page.getByRole('dialog', { name: `Which copy of ${title}?` });
  const copyOf = (name: string): Locator =>
    page.getByRole('dialog').getByRole('button', { name: new RegExp(`^Get this one: .*${name}`) });
  const mapsOf = (id: string): Promise<string> => readFile(join(seat.gamesDir, id, 'local/maps.txt'), 'utf8');

  // From the card, at the keyboard.
  await card(page, 'Hover').getByText('2 PCs').waitFor();
  await card(page, 'Hover').getByRole('button', { name: /^Get:/ }).click();
  await card(page, 'Hover').getByRole('button', { name: 'Choose a copy: Hover' }).focus();
  await page.keyboard.press('Enter');
  await dialogOf('Hover').getByText('hover.eti').first().waitFor();
  assert.is(await dialogOf('Hover').getByRole('listitem').count(), 2);
  await copyOf('anna').waitFor();
  await assertAccessible(page, 'the choice between copies');
  await copyOf('bela').focus();
  await page.keyboard.press('Enter');
  await card(page, 'Hover')
    .getByText(/^Installed/)
    .waitFor({ timeout: 60_000 });
  assert.is(await mapsOf('hover'), 'as bela has it');

  // Asked for without an install, from the notice: none follows.
  await card(page, 'Puck').getByRole('button', { name: 'Puck', exact: true }).click();
  await gamePage(page, 'Puck').getByRole('button', { name: 'Download only' }).click();
  const notice = page.locator('.toast').filter({ hasText: 'Puck:' });
  await notice.getByRole('button', { name: 'Choose a copy' }).click();
  await dialogOf('Puck').waitFor();
  await copyOf('anna').click();
  await gamePage(page, 'Puck').getByRole('button', { name: 'Install: Puck' }).waitFor({ timeout: 60_000 });
  assertSameTree(await readTree(join(seat.gamesDir, 'puck')), room.made('anna', 'puck').tree);
  await page.keyboard.press('Escape');

  // Streamed, from the game's page.
  await card(page, 'Rail').getByRole('button', { name: 'Rail', exact: true }).click();
  const details = gamePage(page, 'Rail');
  await details.getByRole('button', { name: 'Install while downloading' }).click();
  await details.getByRole('button', { name: 'Choose a copy: Rail' }).click();
  await copyOf('bela').click();
  await details
    .getByText(/^Installed/)
    .first()
    .waitFor({ timeout: 60_000 });
  assert.is(await mapsOf('rail'), 'as bela has it');
  await assertAbsent(join(seat.gamesDir, 'rail/rail.eti'));
  assert.is(await failed.count(), 0, 'no card or page says any more that it failed');
  assert.equal(seat.problems, []);
});

test('downloads wait in the queue, change places by button and key, and can be called off', async () => {
  await using temp = await tempDir('e2e');
  await using room = new Room(temp, undefined);
  room.catalog = catalog;
  const anna = await room.peer('anna', { has: specs });
  await capUpload(anna, mib);
  await using seat = await Seat.take({ catalog, peers: anna.addresses, settings: { maxConcurrentDownloads: 1 } });
  const page = await seat.open(browser);
  for (const { title = '' } of specs) await card(page, title).getByRole('button', { name: /^Get:/ }).click();
  await card(page, 'Rail Barons').getByRole('button', { name: 'Queued #2' }).waitFor();
  await page.getByRole('link', { name: 'Queue, 4 games' }).click();
  const waiting = page.getByRole('list', { name: 'Waiting' });
  const order = (): Promise<string[]> => waiting.getByRole('heading').allTextContents();
  const becomes = (...titles: string[]): Promise<unknown> =>
    eventually(`the queue is ${titles.join(', ')}`, async () => {
      const now = (await order()).map((title) => title.trim());
      return JSON.stringify(now) === JSON.stringify(titles) ? now : undefined;
    });
  await becomes('Puck Legends', 'Rail Barons', 'Voxel Valley');
  await page.getByRole('button', { name: 'Move Voxel Valley up' }).click();
  await becomes('Puck Legends', 'Voxel Valley', 'Rail Barons');
  await waiting.getByRole('button', { name: 'Rail Barons', exact: true }).focus();
  await page.keyboard.press('Alt+ArrowUp');
  await becomes('Puck Legends', 'Rail Barons', 'Voxel Valley');
  await waiting.getByRole('listitem').last().dragTo(waiting.getByRole('listitem').first());
  await becomes('Voxel Valley', 'Puck Legends', 'Rail Barons');
  await keepPicture(page, 'queue');
  await waiting
    .getByRole('article', { name: 'Rail Barons' })
    .getByRole('button', { name: /^Cancel:/ })
    .click();
  await becomes('Voxel Valley', 'Puck Legends');
  assert.equal(seat.problems, []);
});

test('German: the buttons are the table’s in German, numbers are written the German way', async () => {
  await using temp = await tempDir('e2e');
  await using room = new Room(temp, undefined);
  room.catalog = catalog;
  const anna = await room.peer('anna', { has: specs });
  await using seat = await Seat.take({ catalog, peers: anna.addresses, settings: { language: 'de' } });
  const page = await seat.open(browser);
  await card(page, 'Voxel Valley').getByText('4,2 MB · 1 PC').waitFor();
  await card(page, 'Voxel Valley').getByRole('button', { name: 'Holen' }).click();
  await card(page, 'Voxel Valley').getByRole('button', { name: 'Spielen' }).waitFor({ timeout: 60_000 });
  assert.is(
    await page.getByRole('textbox').or(page.getByRole('searchbox')).getAttribute('placeholder'),
    '4 Spiele durchsuchen',
  );
  assert.is(await page.locator('html').getAttribute('lang'), 'de');
  assert.equal(seat.problems, []);
});

test('a locked kiosk shows games and nothing else; the PIN opens it, for this window alone', async () => {
  await using seat = await Seat.take({ catalog });
  await seat.command('kiosk.setPin', { pin: '2468' });
  await seat.command('settings.set', { name: 'kiosk', value: true });
  const page = await seat.open(browser);
  await card(page, 'Puck Legends').waitFor();
  assert.is(await page.locator('html').getAttribute('data-kiosk'), 'locked');
  for (const name of ['Settings', 'Queue', 'Extensions'])
    assert.is(await page.getByRole('link', { name }).count(), 0, name);
  await page.goto(`${seat.url.split('#')[0]}#/settings`);
  await card(page, 'Puck Legends').waitFor();
  await keepPicture(page, 'kiosk');
  await page.keyboard.press('Control+Shift+K');
  const pin = page.getByRole('dialog').getByLabel(/PIN/).first();
  await pin.fill('1111');
  await page.keyboard.press('Enter');
  await page.getByText(/Wrong PIN/).waitFor();
  await pin.fill('2468');
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Settings' }).first().waitFor();
  const other = await seat.open(browser);
  await card(other, 'Puck Legends').waitFor();
  assert.is(await other.locator('html').getAttribute('data-kiosk'), 'locked');
  assert.equal(seat.problems, []);
});

test.run();
