/**
 * The launcher's face with 5,000 games in a real Chromium and a real core: the time to the first painted cards, frames
 * while the grid is scrolled from end to end, and frames and the answer to key presses while twenty progress events a
 * second come in. `--games N`.
 */
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';
import type { CatalogEntry } from '../support/catalogs.ts';
import { Seat } from '../support/seat.ts';
import { figure, type Figure } from './bench.ts';

const genres = ['Racing', 'Shooter', 'Strategy', 'Puzzle', 'Party', 'Sports', 'Space', 'Horror'];
const eventsPerSecond = 20;
const measuredMs = 5_000;

function manyGames(count: number): CatalogEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `game-${index}`,
    title: `${genres[index % genres.length]} Tale ${index}`,
    version: '1',
    genres: [genres[index % genres.length]],
    players: { min: 1, max: 1 + (index % 16) },
    sizeBytes: (index + 1) * 1_000_000,
  }));
}

/** Run in the page: times between frames, in milliseconds, while `work(frame)` runs for so many frames. */
const recordFrames = `(async (work, ms) => {
  const times = [];
  const start = performance.now();
  let last = start;
  for (let frame = 0; last - start < ms; frame += 1) {
    work(frame);
    const now = await new Promise((resolve) => requestAnimationFrame(resolve));
    times.push(performance.now() - last);
    last = performance.now();
  }
  return times.slice(2);
})`;

const scrolling = `(() => {
  const list = document.querySelector('#games');
  let direction = 1;
  return () => {
    if (list.scrollTop + list.clientHeight >= list.scrollHeight - 2) direction = -1;
    if (list.scrollTop <= 0) direction = 1;
    list.scrollTop += direction * 180;
  };
})()`;

function framesOf(page: Page, work: string): Promise<number[]> {
  return page.evaluate<number[]>(`${recordFrames}(${work}, ${measuredMs})`);
}

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

function frameFigures(name: string, times: readonly number[]): Figure[] {
  return [
    figure(`${name}: median frame`, { unit: 'ms', values: [percentile(times, 0.5)] }),
    figure(`${name}: p99 frame`, { unit: 'ms', values: [percentile(times, 0.99)] }),
    figure(`${name}: longest frame`, { unit: 'ms', values: [Math.max(...times)] }),
    figure(`${name}: frames over 32 ms`, {
      unit: `of ${times.length}`,
      values: [times.filter((time) => time > 32).length],
    }),
  ];
}

export async function run(args: readonly string[]): Promise<Figure[]> {
  const { values } = parseArgs({ args: [...args], options: { games: { type: 'string', default: '5000' } } });
  await using seat = await Seat.take({ catalog: manyGames(Number(values.games)) });
  const browser = await launchBrowser();
  try {
    const page = await seat.open(browser, { viewport: { width: 1920, height: 1080 } });
    // Progress as a core with busy downloads would tell it, on the launcher's own line.
    let tell: ((event: Record<string, unknown>) => void) | undefined;
    await page.routeWebSocket(/\/rpc$/, (socket) => {
      const server = socket.connectToServer();
      tell = (event) => socket.send(JSON.stringify({ jsonrpc: '2.0', method: 'event', params: event }));
      server.onMessage((message) => socket.send(message));
    });
    const starts: number[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      await page.reload();
      await page.getByRole('article').first().waitFor();
      starts.push(await page.evaluate<number>(`performance.now()`));
    }
    const scroll = await framesOf(page, scrolling);

    const bytesOf = (index: number): number => index * 1_000_000;
    let index = 0;
    const timer = setInterval(() => {
      index += 1;
      const at = new Date().toISOString();
      tell?.({
        event: 'download-progress',
        gameId: `game-${index % 5}`,
        downloadedBytes: bytesOf(index % 400),
        totalBytes: bytesOf(400),
        bytesPerSecond: 1e8,
        etaSeconds: 4,
        activePeers: 3,
        at,
      });
    }, 1_000 / eventsPerSecond);
    const underProgress = await framesOf(page, scrolling);
    await page.getByRole('searchbox').focus();
    const typed: number[] = [];
    for (const letter of 'space tale') {
      const before = performance.now();
      await page.keyboard.press(letter === ' ' ? 'Space' : letter);
      await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))');
      typed.push(performance.now() - before);
    }
    clearInterval(timer);
    if (seat.problems.length > 0) throw new Error(seat.problems.join('\n'));
    return [
      figure('page load to the first cards', { unit: 'ms', values: starts }),
      ...frameFigures('scrolling', scroll),
      ...frameFigures(`scrolling with ${eventsPerSecond} progress events/s`, underProgress),
      figure('key press to the next paint', { unit: 'ms', values: typed }),
    ];
  } finally {
    await browser.close();
  }
}
