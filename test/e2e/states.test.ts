/**
 * Every state that a game can be in, by roles and visible names: the action button's table, failures, and what a person
 * at the keyboard is on while the core changes everything around it.
 */
import type { Browser, Locator, Page } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { errorTable, isErrorCode } from '../../app/core/base/index.ts';
import type { GameView } from '../../app/core/operations/index.ts';
import { messages } from '../../app/ui/i18n/messages/index.ts';
import { stepOf } from '../../app/ui/game/advice.ts';
import { errorsDe } from '../../app/ui/i18n/errors-de.ts';
import { keepPicture, launchBrowser } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { card, gamePage } from '../support/seat.ts';
import { StageCore, stageGame } from '../support/stage-core.ts';

const total = 4_200_000_000;
const operation = (
  kind: NonNullable<GameView['operation']>['kind'],
  queuePosition?: number,
): Pick<GameView, 'operation'> => ({
  operation: { kind, startedAt: Date.now(), ...(queuePosition !== undefined && { queuePosition }) },
});
const here = { downloaded: true, installed: true, installedVersion: '1.4', localVersion: '1.4' } as const;

interface State {
  readonly title: string;
  readonly game: Partial<GameView>;
  readonly en: readonly [buttons: string, line: RegExp];
  readonly de: readonly [buttons: string, line: RegExp];
}

/** Buttons as they stand beside each other. */
const table: readonly State[] = [
  { title: 'Available', game: { peerCount: 3 }, en: ['Get', /^4\.2 GB · 3 PCs$/], de: ['Holen', /^4,2 GB · 3 PCs$/] },
  { title: 'Nobody', game: {}, en: ['', /^No one here has this$/], de: ['', /^Hier hat es niemand$/] },
  {
    title: 'Checking',
    game: operation('CheckingPeers'),
    en: ['Checking…', /^Checking who has it…$/],
    de: ['Prüft …', /PCs/],
  },
  {
    title: 'Queued',
    game: operation('Queued', 2),
    en: ['Queued #2', /^Waiting in the queue$/],
    de: ['Wartet #2', /^In der Warteschlange$/],
  },
  {
    title: 'Downloading',
    game: operation('Downloading'),
    en: ['43% · 112 MB/s', /^49 s left · 1\.8 GB of 4\.2 GB$/],
    de: ['43 % · 112 MB/s', /^noch 49 s · 1,8 GB von 4,2 GB$/],
  },
  {
    title: 'Paused',
    game: { resumable: { bytes: 2_600_000_000, totalBytes: total } },
    en: ['Resume', /^Paused at 61%$/],
    de: ['Fortsetzen', /^Pausiert bei 61 %$/],
  },
  {
    title: 'Installing',
    game: operation('Installing'),
    en: ['Installing 43%', /of/],
    de: ['Installiert 43 %', /von/],
  },
  {
    title: 'Updating',
    game: { ...here, ...operation('Updating') },
    en: ['Updating 43%', /of/],
    de: ['Aktualisiert 43 %', /von/],
  },
  {
    title: 'Streaming',
    game: operation('Streaming'),
    en: ['Installing 43%', /of/],
    de: ['Installiert 43 %', /von/],
  },
  {
    title: 'Downloaded',
    game: { downloaded: true },
    en: ['Install', /4\.2 GB/],
    de: ['Installieren', /4,2 GB/],
  },
  {
    title: 'Installed',
    game: { ...here, playedSeconds: 22_320 },
    en: ['Play', /6 h 12 min$/],
    de: ['Spielen', /6 h 12 min$/],
  },
  {
    title: 'Update offered',
    game: { ...here, version: '1.5', updateAvailable: true },
    en: ['Play Update', /^1\.4 → 1\.5$/],
    de: ['Spielen Update', /^1\.4 → 1\.5$/],
  },
  {
    title: 'Playing',
    game: { ...here, ...operation('Playing') },
    en: ['Stop', /^Playing since \d\d:\d\d$/],
    de: ['Beenden', /^Läuft seit \d\d:\d\d$/],
  },
  {
    title: 'Failed',
    game: { peerCount: 1, lastFailure: { code: 'DISK_FULL', message: '12.4 GB are missing.' } },
    en: ['Try again', /^12\.4 GB are missing\. Free up space, then try again\.$/],
    de: ['Erneut versuchen', /Platz/],
  },
];

let browser: Browser;
test.before(async () => {
  browser = await launchBrowser();
});
test.after(() => browser.close());

async function atStage(
  games: readonly GameView[],
  story: (stage: { core: StageCore; page: Page }) => Promise<void>,
): Promise<void> {
  await using core = new StageCore();
  core.patch(games);
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

/** As the core tells it several times a second. */
function tellProgress(core: StageCore, games: readonly GameView[]): void {
  const bytes = Math.floor(total * 0.43);
  for (const { id: gameId, operation: running } of games) {
    const samples = { gameId, bytes, totalBytes: total };
    if (running?.kind === 'Installing') core.tell({ event: 'install-progress', ...samples });
    if (running?.kind === 'Updating') core.tell({ event: 'update-progress', ...samples });
    if (running?.kind === 'Downloading' || running?.kind === 'Streaming')
      core.tell({
        event: 'download-progress',
        gameId,
        downloadedBytes: bytes,
        totalBytes: total,
        bytesPerSecond: 112_000_000,
        etaSeconds: 49,
        activePeers: 3,
      });
  }
}

/** Beside the one that opens it. */
async function buttonsOf(article: Locator): Promise<string> {
  const names = await article.getByRole('button').allTextContents();
  return (
    names
      .slice(1)
      .map((name) => name.trim().replaceAll(/\s/g, ' '))
      // Of a cross there is no text.
      .filter((name) => name !== '')
      .join(' ')
  );
}

const cutOff = `[...document.querySelectorAll('button > span')]
  .filter((label) => label.clientWidth > 0 && label.scrollWidth > label.clientWidth + 1)
  .map((label) => label.textContent.trim())`;

/** What has the focus: the game it belongs to, and its text. */
async function focused(page: Page): Promise<string> {
  return await page.evaluate<string>(
    `(document.activeElement === document.body ? 'nothing' : document.activeElement.textContent.trim())`,
  );
}

test('each state has its button and its second line, in English and German, at every width of a card', () => {
  const games = table.map(({ title, game }) => stageGame(title, game));
  return atStage(games, async ({ core, page }) => {
    for (const language of ['en', 'de'] as const) {
      core.set('language', language);
      await page.locator(`html[lang=${language}]`).waitFor();
      tellProgress(core, games);
      for (const width of [1024, 1280, 1920]) {
        await page.setViewportSize({ width, height: 2_400 });
        for (const state of table) {
          const [buttons, line] = state[language];
          const article = card(page, state.title);
          await eventually(`${state.title} (${language}) reads ${buttons}`, async () =>
            (await buttonsOf(article)) === buttons ? true : undefined,
          );
          const second = ((await article.getByRole('paragraph').first().textContent()) ?? '').replaceAll(/\s/g, ' ');
          assert.match(second.trim(), line, `${state.title} (${language})`);
        }
        assert.equal(await page.evaluate(cutOff), [], `${language} ${width}`);
      }
      await keepPicture(page, `states-${language}`);
    }
  });
});

test('the details show the one button once, whatever the state', () => {
  const games = table.map(({ title, game }) => stageGame(title, game));
  return atStage(games, async ({ core, page }) => {
    for (const { title, en } of table) {
      if (title === 'Downloading' || title === 'Streaming') continue;
      await card(page, title).getByRole('button', { name: title, exact: true }).click();
      tellProgress(core, games);
      const details = gamePage(page, title);
      await details.waitFor();
      const [first = ''] = en[0].split(/ (?=Cancel|Update$)/);
      if (first !== '') await details.getByRole('button', { name: `${first}: ${title}`, exact: true }).waitFor();
      await page.keyboard.press('Escape');
      await details.waitFor({ state: 'detached' });
    }
  });
});

test('the details of a streamed install tell what it does, which is another thing than a download does', () => {
  const games = [
    stageGame('Streamed', { peerCount: 1, ...operation('Streaming') }),
    stageGame('Fetched', { peerCount: 1, ...operation('Downloading') }),
  ];
  return atStage(games, async ({ core, page }) => {
    await card(page, 'Streamed').getByRole('button', { name: 'Streamed', exact: true }).click();
    const streamed = gamePage(page, 'Streamed');
    await streamed.getByText('The other PC is opening its archive…').waitFor();
    tellProgress(core, games);
    await streamed.getByText('1.8 GB of 4.2 GB, all verified').waitFor();
    await page.keyboard.press('Escape');
    await card(page, 'Fetched').getByRole('button', { name: 'Fetched', exact: true }).click();
    tellProgress(core, games);
    const fetched = gamePage(page, 'Fetched');
    await fetched.getByText('1.8 GB of 4.2 GB, all verified').waitFor();
    assert.is(await fetched.getByText('every file verified').count(), 0);
  });
});

test('a failed game tells why, what was kept and what to do, for every error there is', () => {
  const codes = Object.keys(errorTable)
    .filter(isErrorCode)
    .filter((code) => code !== 'CANCELLED');
  const games = codes.map((code) =>
    stageGame(code, { downloaded: true, lastFailure: { code, message: errorTable[code].message } }),
  );
  return atStage(games, async ({ core, page }) => {
    const unmarked = (text: string): string => text.replaceAll(/[`„“”]/g, '');
    for (const language of ['en', 'de'] as const) {
      core.set('language', language);
      await page.locator(`html[lang=${language}]`).waitFor();
      for (const code of codes) {
        await page.evaluate(
          `location.hash = ${JSON.stringify(`#/library/${code.toLowerCase().replaceAll('_', '-')}`)}`,
        );
        const details = gamePage(page, code);
        // The first button is what the text advises; with nothing better to do it is trying again.
        const label = messages[language][stepOf(code)?.label ?? 'action.retry'] as string;
        await details.getByRole('button', { name: `${label}: ${code}`, exact: true }).waitFor();
        const shown = unmarked((await details.textContent()) ?? '');
        const { message, next } =
          language === 'en' ? errorTable[code] : (errorsDe[code] ?? { message: '?', next: '?' });
        for (const sentence of [message, next]) assert.ok(shown.includes(unmarked(sentence)), `${code}: ${sentence}`);
        const { kept } = errorTable[code];
        if (language === 'en' && kept !== 'Nothing was changed.') assert.ok(shown.includes(kept), `${code}: ${kept}`);
      }
    }
  });
});

test('the focus stays with a game whose button changes, is disabled, or whose card goes elsewhere', () => {
  const games = Array.from({ length: 60 }, (_, index) =>
    stageGame(`Tale ${10 + index}`, { peerCount: 1 + (index % 3) }),
  );
  const [first] = games;
  if (!first) throw new Error('there are sixty');
  return atStage(games, async ({ core, page }) => {
    const stays = (text: string, what: string): Promise<true> =>
      eventually(what, async () => ((await focused(page)) === text ? true : undefined));
    await page.keyboard.press('/');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Tab');
    await stays('Get', 'on the button');
    core.patch([{ ...first, ...operation('CheckingPeers') }]);
    await stays('Checking…', 'still on the button');
    core.patch([{ ...first, peerCount: 0 }]);
    await stays('Tale 10', 'on the card once the button can no longer be pressed');
    await page.getByLabel('Sort by').selectOption('peers');
    core.patch([{ ...first, peerCount: 9 }]);
    await page.keyboard.press('/');
    await page.keyboard.press('ArrowDown');
    await stays('Tale 10', 'on the card of most peers');
    core.patch([{ ...first, peerCount: 0 }]);
    await eventually('it is last', async () =>
      (await page.getByRole('listitem').filter({ hasText: 'Tale 10' }).getAttribute('aria-posinset')) === '60'
        ? true
        : undefined,
    );
    await stays('Tale 10', 'with the card that moved');
    await eventually('the grid followed', async () => {
      const box = await card(page, 'Tale 10').boundingBox();
      return box && box.y > 0 && box.y < 720 ? true : undefined;
    });
  });
});

test('the focus goes to the next card when its own leaves, and survives an empty library', () => {
  const games = Array.from({ length: 12 }, (_, index) => stageGame(`Tale ${10 + index}`, { peerCount: 1 }));
  return atStage(games, async ({ core, page }) => {
    const stays = (text: string, what: string): Promise<true> =>
      eventually(what, async () => ((await focused(page)) === text ? true : undefined));
    await page.getByRole('button', { name: /^Available now/ }).click();
    await page.keyboard.press('/');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    await stays('Tale 11', 'on the second card');
    core.patch([stageGame('Tale 11')]);
    await stays('Tale 12', 'on the one that came in its place');
    await page.keyboard.press('ArrowRight');
    await stays('Tale 13', 'and on from there');
    core.patch(
      [],
      games.map(({ id }) => id),
    );
    await stays('Import a catalog', 'on what an empty library offers');
    core.patch(games);
    await eventually('back on a card', async () => ((await focused(page)).startsWith('Tale') ? true : undefined));
  });
});

test('in the queue the focus follows a game that begins, and Escape closes one thing at a time', () => {
  const queued = (place: number): GameView =>
    stageGame(`Tale ${place}`, { peerCount: 1, ...operation('Queued', place) });
  return atStage([queued(1), queued(2)], async ({ core, page }) => {
    await page.getByRole('link', { name: 'Queue', exact: true }).click();
    await page
      .getByRole('article', { name: 'Tale 2' })
      .getByRole('button', { name: /^Pause:/ })
      .focus();
    core.patch([stageGame('Tale 2', { peerCount: 1, ...operation('Downloading') })]);
    await eventually('on the game that runs now', async () => ((await focused(page)) === 'Tale 2' ? true : undefined));
    core.patch([stageGame('Tale 1', { downloaded: true }), stageGame('Tale 2', { downloaded: true })]);
    await eventually('on what the empty queue offers', async () =>
      (await focused(page)) === 'Library' ? true : undefined,
    );
    await page.keyboard.press('Enter');
    await card(page, 'Tale 1').getByRole('button', { name: 'Tale 1', exact: true }).click();
    const details = gamePage(page, 'Tale 1');
    await details.getByRole('button', { name: 'Delete download' }).click();
    const question = page.getByRole('dialog', { name: /^Delete the download/ });
    await question.waitFor();
    await page.keyboard.press('Escape');
    await question.waitFor({ state: 'detached' });
    await details.waitFor();
    assert.is(await focused(page), 'Delete download');
    await page.keyboard.press('Escape');
    await details.waitFor({ state: 'detached' });
  });
});

test('zoomed in four times everything stands in one column, and nothing scrolls sideways', () =>
  atStage(
    table.map(({ title, game }) => stageGame(title, game)),
    async ({ page }) => {
      // 1280 by 1024 at 400 %, as WCAG has it.
      await page.setViewportSize({ width: 320, height: 256 });
      for (const place of [
        'library',
        'library/available',
        'library/failed',
        'queue',
        'room',
        'settings',
        'extensions',
      ]) {
        await page.evaluate(`location.hash = ${JSON.stringify(`#/${place}`)}`);
        await page.getByRole('heading', { level: 1 }).first().waitFor();
        const tooWide = await page.evaluate<string[]>(`[...document.querySelectorAll('*')]
          .filter((each) => each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0)
          .filter((each) => each === document.documentElement || /auto|scroll/.test(getComputedStyle(each).overflowX))
          .map((each) => each.tagName + '.' + each.className)`);
        assert.equal(tooWide, [], place);
      }
    },
  ));

test('a cancel asks where something is lost, and only there', () => {
  const waits = stageGame('Waits', { peerCount: 1, ...operation('Queued', 1) });
  const kept = stageGame('Kept', {
    peerCount: 1,
    ...operation('Queued', 2),
    resumable: { bytes: 2_600_000_000, totalBytes: total },
  });
  return atStage([waits, kept], async ({ core, page }) => {
    await card(page, 'Waits')
      .getByRole('button', { name: /^Cancel:/ })
      .click();
    await eventually('the core was told', async () => core.asked.find(({ name }) => name === 'cancel'));
    await card(page, 'Kept')
      .getByRole('button', { name: /^Cancel:/ })
      .click();
    const question = page.getByRole('dialog', { name: 'Cancel the download of Kept?' });
    await question.getByText('2.6 GB').waitFor();
    await question.getByRole('button', { name: 'Keep' }).click();
    assert.is(core.asked.filter(({ name }) => name === 'cancel').length, 1);
  });
});

test('the choice between eight copies fits every window, whatever people call themselves', () => {
  const name = (at: number): string => ['Anna', 'שחקן', 'Ж'.repeat(30), 'لاعب 7', 'Player', '💾💾💾'][at % 6] ?? '';
  const choices = Array.from({ length: 8 }, (_none, at): NonNullable<GameView['lastFailure']>['choices'] => {
    const names = Array.from({ length: at === 0 ? 16 : 1 + (at % 5) }, (_one, index) => name(at + index));
    const differingFiles = [`data/${'long folder/'.repeat(at)}maps.bin`, 'خريطة.pak', 'a.eti', 'b.eti', 'c.eti'];
    return [
      {
        manifestHash: String(at).repeat(64),
        version: '1',
        peers: names.map((_one, index) => `peer-${at}-${index}`),
        names,
        peerCount: at === 0 ? 240 : names.length,
        pcCount: names.length,
        fileCount: 3 ** at,
        sizeBytes: total + at * 1_000_000,
        differingFiles,
        differingCount: 5 + at * 100,
      },
    ];
  }).flatMap((each) => each ?? []);
  const tied = (title: string, count: number): GameView =>
    stageGame(title, {
      peerCount: 9,
      lastFailure: { code: 'MANIFEST_TIE', message: 'no', install: true, choices: choices.slice(0, count) },
    });
  return atStage([tied('Tied', 8), tied('Tied by two', 2)], async ({ core, page }) => {
    const dialog = page.getByRole('dialog');
    for (const [language, chooses, gets] of [
      ['en', 'Choose a copy', /^Get this one: /],
      ['de', 'Kopie wählen', /^Diese holen: /],
    ] as const) {
      core.set('language', language);
      await page.locator(`html[lang=${language}]`).waitFor();
      for (const [width, height] of [
        [1280, 720],
        [800, 600],
        [320, 256],
      ] as const)
        for (const [title, count] of [
          ['Tied by two', 2],
          ['Tied', 8],
        ] as const) {
          await page.setViewportSize({ width, height });
          await page.evaluate(`location.hash = '#/library/${title.toLowerCase().replaceAll(' ', '-')}'`);
          await gamePage(page, title)
            .getByRole('button', { name: `${chooses}: ${title}`, exact: true })
            .focus();
          await page.keyboard.press('Enter');
          await dialog
            .getByRole('listitem')
            .nth(count - 1)
            .waitFor();
          assert.is(await dialog.getByRole('listitem').count(), count);
          if (width > 320) await keepPicture(page, `choice-${count}-${language}-${width}`);
          assert.equal(await page.evaluate(cutOff), [], `${language} ${width}`);
          const wide = `(each) => each.scrollWidth > each.clientWidth + 1`;
          const tooWide = `[...document.querySelectorAll('dialog, dialog *')].filter(${wide}).map((each) => each.className)`;
          assert.equal(await page.evaluate(tooWide), [], `${language} ${width}`);
          // Each has a name of its own, and the last one is reached by keys.
          const names = await page.evaluate<string[]>(
            `[...document.querySelectorAll('dialog li button')].map((each) => each.ariaLabel)`,
          );
          assert.is(new Set(names).size, count);
          for (let step = 1; step < count; step += 1) await page.keyboard.press('Tab');
          const last = dialog.getByRole('button', { name: gets }).last();
          assert.is(await page.evaluate('document.activeElement.ariaLabel'), names.at(-1), 'the last one');
          const box = await last.boundingBox();
          assert.ok(box && box.y >= 0 && box.y + box.height <= height, `${language} ${width}: in sight`);
          await page.keyboard.press('Escape');
          await dialog.waitFor({ state: 'detached' });
        }
    }
    await page.setViewportSize({ width: 1280, height: 720 });
    await gamePage(page, 'Tied').getByRole('button', { name: 'Kopie wählen: Tied' }).click();
    await dialog
      .getByRole('button', { name: /^Diese holen/ })
      .nth(3)
      .click();
    const asked = await eventually('the core was told', async () =>
      core.asked.find(({ name: what }) => what === 'download'),
    );
    assert.equal(asked.params, { gameId: 'tied', install: true, manifestHash: '3'.repeat(64) });
  });
});

test('trying again what was to be downloaded alone installs nothing; another download does', () => {
  const failed = (title: string, install: boolean): GameView =>
    stageGame(title, { peerCount: 1, lastFailure: { code: 'DISK_FULL', message: 'Full.', install } });
  return atStage([failed('Alone', false), failed('Whole', true)], async ({ core, page }) => {
    for (const title of ['Alone', 'Whole'])
      await card(page, title)
        .getByRole('button', { name: `Try again: ${title}` })
        .click();
    const asked = await eventually('both were asked for', async () =>
      core.asked.length >= 2 ? core.asked.map(({ name, params }) => ({ name, params })) : undefined,
    );
    assert.equal(asked, [
      { name: 'download', params: { gameId: 'alone', install: false } },
      { name: 'download', params: { gameId: 'whole' } },
    ]);
  });
});

test('the line drops while patches come in: what was missed is there again, and a click meanwhile is carried out once', () => {
  const games = Array.from({ length: 40 }, (_, index) => stageGame(`Tale ${10 + index}`, { peerCount: 1 }));
  return atStage(games, async ({ core, page }) => {
    await core.stop();
    await page.getByRole('alert').waitFor();
    core.patch([stageGame('Tale 11', { installed: true, installedVersion: '1' })]);
    await card(page, 'Tale 10').getByRole('button', { name: /^Get:/ }).click();
    await core.start();
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await card(page, 'Tale 11')
      .getByRole('button', { name: /^Play:/ })
      .waitFor();
    await eventually('the click arrived', async () => core.asked.find(({ name }) => name === 'download'));
    assert.is(core.asked.filter(({ name }) => name === 'download').length, 1);
  });
});

test.run();
