/**
 * Every screen in every theme at the sizes that people have: held to WCAG by axe, nothing cut off or overlapping the
 * window, and a picture kept of each.
 */
import { cp, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { violations } from '../support/accessible.ts';
import { keepPicture, launchBrowser } from '../support/browser.ts';
import type { CatalogEntry } from '../support/catalogs.ts';
import { mib, type GameSpec } from '../support/games.ts';
import { Room } from '../support/scenario.ts';
import { card, Seat } from '../support/seat.ts';
import { capUpload } from '../support/story.ts';
import { tempDir } from '../support/temp.ts';

const sampleCatalog = fileURLToPath(new URL('../../fixtures/catalog/', import.meta.url));
const sizes = {
  hd: { width: 1280, height: 720 },
  full: { width: 1920, height: 1080 },
  four: { width: 3840, height: 2160 },
  old: { width: 1024, height: 768 },
} as const;
const themes = ['dark', 'light', 'contrast'] as const;

const screens: readonly { name: string; show: (page: Page) => Promise<void> }[] = [
  { name: 'library', show: (page) => go(page, '#/library') },
  {
    name: 'details',
    async show(page) {
      await go(page, '#/library/amber-convoy');
      await page.locator('[data-page="game"]').getByText('Version', { exact: true }).waitFor();
    },
  },
  { name: 'queue', show: (page) => go(page, '#/queue') },
  { name: 'room', show: (page) => go(page, '#/room') },
  { name: 'settings', show: (page) => go(page, '#/settings') },
  { name: 'extensions', show: (page) => go(page, '#/extensions') },
];

async function go(page: Page, hash: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
  await page.getByRole('main').getByRole('heading', { level: 1 }).first().waitFor();
}

/** Run in the page: whether anything makes it scroll, and which buttons' labels are cut off. */
const findCutOff = `(() => {
  const problems = [];
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) problems.push('the page is ' + (scrollWidth - clientWidth) + ' px too wide');
  for (const label of document.querySelectorAll('button > span')) {
    const isSeen = label.checkVisibility() && label.clientWidth > 0;
    if (isSeen && label.scrollWidth > label.clientWidth + 1) problems.push('cut off: ' + label.textContent.trim());
  }
  return problems;
})()`;

async function cutOff(page: Page): Promise<string[]> {
  return await page.evaluate<string[]>(findCutOff);
}

let browser: Browser;
test.before(async () => {
  browser = await launchBrowser();
});
test.after(() => browser.close());

test('every screen, theme and size is without a finding of axe and without anything cut off', async () => {
  const listed = JSON.parse(await readFile(`${sampleCatalog}catalog.json`, 'utf8')) as { games: CatalogEntry[] };
  // The games of this test are smaller than the sample catalog says, and would count as unfinished copies.
  const games = listed.games.map((game) => ({ ...game, sizeBytes: undefined }));
  const entry = (index: number): CatalogEntry => {
    const found = games[index];
    if (!found) throw new Error('the sample catalog is smaller than this test thinks');
    return found;
  };
  const spec = (index: number, sizeMebibytes: number): GameSpec => {
    const { id, title, version } = entry(index);
    return { id, title, version, archives: [{ entries: [{ path: 'data.bin', sizeBytes: sizeMebibytes * mib }] }] };
  };
  await using temp = await tempDir('gallery');
  await using room = new Room(temp, undefined);
  room.catalog = games;
  const anna = await room.peer('seat-07', { has: [spec(0, 64), spec(1, 48), spec(2, 32), spec(3, 8)] });
  const bela = await room.peer('nas', { has: [spec(3, 8), spec(4, 4)], knows: [anna] });
  await using seat = await Seat.take({ catalog: games, peers: [...anna.addresses, ...bela.addresses] });
  // Next to the catalog, where it looks for them.
  await cp(`${sampleCatalog}covers`, seat.join('covers'), { recursive: true });
  await seat.command('catalog.import', { path: seat.join('catalog.json') });
  const page = await seat.open(browser, { viewport: sizes.full });
  const installs = card(page, entry(4).title);
  await installs.getByRole('button', { name: /^Get:/ }).click();
  await installs.getByRole('button', { name: /^(Play|Install):/ }).waitFor({ timeout: 60_000 });
  await capUpload(anna, 256 * 1024);
  for (const index of [0, 1, 2]) await card(page, entry(index).title).getByRole('button', { name: /^Get:/ }).click();
  await card(page, entry(0).title).getByRole('button', { name: /% · / }).waitFor();

  const problems: string[] = [];
  for (const theme of themes) {
    await seat.command('settings.set', { name: 'theme', value: theme });
    await page.locator(`html[data-theme=${theme}]`).waitFor();
    for (const [size, viewport] of Object.entries(sizes)) {
      await page.setViewportSize(viewport);
      for (const { name, show } of screens) {
        await show(page);
        const place = `${name}-${size}-${theme}`;
        for (const problem of await cutOff(page)) problems.push(`${place}: ${problem}`);
        // Contrast and names do not depend on the size.
        if (size === 'hd') for (const problem of await violations(page)) problems.push(`${place}: ${problem}`);
        await keepPicture(page, place);
      }
    }
  }
  await seat.command('settings.set', { name: 'theme', value: 'dark' });
  await seat.command('settings.set', { name: 'language', value: 'de' });
  await page.setViewportSize(sizes.hd);
  for (const { name, show } of screens) {
    await show(page);
    for (const problem of await cutOff(page)) problems.push(`${name}-german: ${problem}`);
    await keepPicture(page, `${name}-german`);
  }
  assert.equal(problems, []);
  assert.equal(seat.problems, []);
});

test.run();
