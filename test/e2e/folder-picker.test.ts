/** A folder chosen by looking instead of typing: with keys, with a pad, in the first run and in the settings. */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assertAccessible } from '../support/accessible.ts';
import { keepPicture, launchBrowser } from '../support/browser.ts';
import { until } from '../support/eventually.ts';
import { card, Seat } from '../support/seat.ts';

const catalog = [{ id: 'puck', title: 'Puck Legends', version: '1' }];

let browser: Browser;
test.before(async () => {
  browser = await launchBrowser();
});
test.after(() => browser.close());

const focused = (page: Page): Promise<string> => page.evaluate<string>('document.activeElement.textContent.trim()');
const isFocused = (page: Page, name: string): Promise<void> =>
  until(`${name} has the focus`, async () => (await focused(page)) === name);

async function makeDisk(seat: Seat): Promise<string> {
  const disk = seat.join('disk');
  for (const name of ['LAN one', 'LAN two', '.hidden', 'LAN two/old games'])
    await mkdir(`${disk}/${name}`, { recursive: true });
  await writeFile(`${disk}/notes.txt`, 'no folder');
  return disk;
}

test('in the first run a folder is found, made and chosen with the keyboard alone', async () => {
  await using seat = await Seat.take({ catalog, isSetUp: false });
  const disk = await makeDisk(seat);
  const page = await seat.open(browser);
  await page.getByRole('textbox', { name: 'Your name' }).fill('Mia');
  await page.getByRole('button', { name: 'Next' }).click();
  const typed = page.getByRole('textbox', { name: 'Games folder' });
  // What is not there yet begins at the nearest folder that is.
  await typed.fill(`${disk}/not there/yet`);
  await page.keyboard.press('Tab');
  await isFocused(page, 'Browse…');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Choose a folder' });
  const list = dialog.getByRole('list', { name: 'Folders in disk' });
  await list.waitFor();
  assert.equal(
    (await list.getByRole('listitem').allTextContents()).map((text) => text.trim()),
    ['LAN one', 'LAN two'],
  );
  await isFocused(page, 'LAN one');
  await dialog.getByText(/ free of /).waitFor();
  await assertAccessible(page, 'the folder dialog');
  await keepPicture(page, 'folder-picker');

  await page.keyboard.press('ArrowDown');
  await isFocused(page, 'LAN two');
  await page.keyboard.press('Enter');
  await isFocused(page, 'old games');
  await page.keyboard.press('Backspace');
  await isFocused(page, 'LAN two');
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  await dialog.getByText('No folders here.').waitFor();
  await dialog.getByRole('button', { name: 'New folder' }).press('Enter');
  await page.keyboard.type('Fresh');
  await page.keyboard.press('Enter');
  await dialog.getByRole('list', { name: 'Folders in Fresh' }).waitFor();
  await dialog.getByRole('button', { name: 'Choose this folder' }).press('Enter');
  await until('the dialog is gone', async () => (await dialog.count()) === 0);
  const chosen = `${disk}/LAN one/Fresh`;
  assert.is(await typed.inputValue(), chosen);
  assert.ok((await stat(chosen)).isDirectory());
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await card(page, 'Puck Legends').waitFor();
  assert.is((await seat.command('settings.get', {})).settings.gamesDir, chosen);
  assert.equal(seat.problems, []);
});

test('in the settings, in German: what goes wrong is told in the dialog with its name, and Escape changes nothing', async () => {
  await using seat = await Seat.take({ catalog, settings: { language: 'de' } });
  const disk = await makeDisk(seat);
  const page = await seat.open(browser);
  await page.evaluate(`location.hash = '#/settings'`);
  const typed = page.getByRole('textbox', { name: 'Ordner', exact: false }).first();
  await typed.waitFor();
  const before = await typed.inputValue();
  await typed.fill(disk);
  await page.getByRole('button', { name: 'Durchsuchen …' }).click();
  const dialog = page.getByRole('dialog', { name: 'Ordner wählen' });
  await dialog.getByRole('button', { name: 'LAN one' }).waitFor();
  await dialog.getByRole('button', { name: 'Neuer Ordner' }).click();
  await dialog.getByRole('textbox', { name: 'Name des neuen Ordners' }).fill('LAN two');
  await page.keyboard.press('Enter');
  await dialog.getByText(`${disk}/LAN two gibt es schon.`).waitFor();
  await dialog.getByRole('button', { name: 'Abbrechen' }).click();
  await until('the dialog is gone', async () => (await dialog.count()) === 0);
  assert.is(await typed.inputValue(), disk, 'what was typed stays');
  assert.is((await seat.command('settings.get', {})).settings.gamesDir, before, 'nothing was set');
  assert.equal(seat.problems, []);
});

test('a pad walks through the folders and chooses one', async () => {
  await using seat = await Seat.take({ catalog, isSetUp: false });
  const disk = await makeDisk(seat);
  const page = await seat.open(browser);
  await page.addInitScript(`
    globalThis.pad = { index: 0, mapping: 'standard', connected: true, buttons: Array.from({ length: 17 }, () => ({ pressed: false })), axes: [0, 0, 0, 0] };
    navigator.getGamepads = () => [globalThis.pad];
  `);
  await page.reload();
  await page.getByRole('textbox', { name: 'Your name' }).fill('Mia');
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('textbox', { name: 'Games folder' }).fill(disk);
  const press = async (button: number, holds: () => Promise<boolean>, what: string): Promise<void> => {
    await page.evaluate(`pad.buttons[${button}].pressed = true`);
    await until(what, holds);
    await page.evaluate(`pad.buttons[${button}].pressed = false`);
    // Released for at least one look at it.
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  };
  const has = (name: string) => async (): Promise<boolean> => (await focused(page)) === name;
  await press(15, has('Browse…'), 'right leads to the button');
  await press(0, has('LAN one'), 'A opens the dialog, on the first folder');
  await press(13, has('LAN two'), 'down leads to the next');
  await press(0, has('old games'), 'A goes in');
  await press(0, async () => (await page.getByRole('list', { name: 'Folders in old games' }).count()) === 1, 'and in');
  await press(13, async () => /folder|Cancel/.test(await focused(page)), 'down leads out of the empty list');
  await page.getByRole('button', { name: 'Choose this folder' }).focus();
  await press(0, async () => (await page.getByRole('dialog').count()) === 0, 'A chooses');
  assert.is(await page.getByRole('textbox', { name: 'Games folder' }).inputValue(), `${disk}/LAN two/old games`);
  assert.equal(seat.problems, []);
});

test.run();
