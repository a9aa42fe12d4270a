/**
 * The search in catalogs: `npm run bench -- search [--games 20000] [--rounds 30]`. Titles and texts are of words as
 * frequent as words are, so that a letter typed hits nearly all games; among the queries are those that hit most. The
 * reference looks through the lower-cased text of every game, as a simple list would.
 */
import { parseArgs } from 'node:util';
import { openCatalog, type Catalog } from '../../app/core/catalog/index.ts';
import { openState } from '../../app/core/state/index.ts';
import { writeFile } from 'node:fs/promises';
import { SeededRandom } from '../support/random.ts';
import { tempDir } from '../support/temp.ts';
import { figure, type Figure } from './bench.ts';

/** What the launcher asks for at most. */
const limit = 200;

export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const { values } = parseArgs({
    args: [...args],
    options: { games: { type: 'string', default: '20000' }, rounds: { type: 'string', default: '30' } },
  });
  const [count, rounds] = [Number(values.games), Number(values.rounds)];
  await using temp = await tempDir('bench-search');
  using state = openState({ directory: temp.join('state') }).state;
  const catalog = openCatalog({ state });
  const vocabulary = makeVocabulary(new SeededRandom(20_000));
  const file = temp.join('catalog.json');
  await writeFile(file, JSON.stringify({ formatVersion: 1, name: 'Bench', games: makeGames(count, vocabulary) }));
  const imported = await timed(() => catalog.importFile(file));
  const again = await timed(() => catalog.importFile(file));
  const opened = await timed(async () => void openCatalog({ state }));
  const usual = measure(catalog, usualQueries(vocabulary), rounds);
  const hard = measure(catalog, hardQueries(vocabulary), rounds);
  const simple = measureSimple(catalog, [...usualQueries(vocabulary), ...hardQueries(vocabulary)]);
  const what = `${count} games`;
  return [
    figure(`search, ${what}: usual queries, p50`, { unit: 'ms', values: [at(usual.times, 0.5)] }),
    figure(`search, ${what}: usual queries, p99`, { unit: 'ms', values: [at(usual.times, 0.99)] }),
    figure(`search, ${what}: queries that hit most, p50`, { unit: 'ms', values: [at(hard.times, 0.5)] }),
    figure(`search, ${what}: queries that hit most, p99`, { unit: 'ms', values: [at(hard.times, 0.99)] }),
    figure(`search, ${what}: processor time of a query, p99 of all`, {
      unit: 'ms',
      values: [at([...usual.processorMs, ...hard.processorMs], 0.99)],
    }),
    figure(`search, ${what}: processor time of the dearest (${hard.dearest})`, {
      unit: 'ms',
      values: [Math.max(...hard.processorMs)],
    }),
    figure(`search, ${what}: looking through every text instead, p99`, { unit: 'ms', values: [at(simple, 0.99)] }),
    figure(`import, ${what}`, { unit: 'ms', values: [imported] }),
    figure(`import unchanged, ${what}`, { unit: 'ms', values: [again] }),
    figure(`open, ${what}`, { unit: 'ms', values: [opened] }),
  ];
}

interface Measured {
  readonly times: readonly number[];
  /** One for each query: what it costs whoever else uses this PC. Says the same on a busy one. */
  readonly processorMs: readonly number[];
  readonly dearest: string;
}

function measure(catalog: Catalog, queries: readonly string[], rounds: number): Measured {
  const times: number[] = [];
  const processorMs = queries.map((query) => {
    const before = process.threadCpuUsage();
    for (let round = 0; round < rounds; round += 1) {
      const started = performance.now();
      catalog.search(query, { limit });
      times.push(performance.now() - started);
    }
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1_000 / rounds;
  });
  const dearest = queries[processorMs.indexOf(Math.max(...processorMs))] ?? '';
  return { times, processorMs, dearest: JSON.stringify(dearest.slice(0, 40)) };
}

function measureSimple(catalog: Catalog, queries: readonly string[]): number[] {
  const texts = catalog.all().map((game) => [game.title, game.description, ...game.genres].join(' ').toLowerCase());
  return queries.map((query) => {
    const started = performance.now();
    const words = query.toLowerCase().split(/\s+/);
    texts.filter((text) => words.every((word) => text.includes(word))).slice(0, limit);
    return performance.now() - started;
  });
}

const syllables =
  'ba be bo da de do ka ki ko la lo ma mi mu na no ra ri ro sa se si sta ster ta te ti tra vo wa za zor'.split(' ');

/** The most frequent first. */
function makeVocabulary(random: SeededRandom): readonly string[] {
  const words = new Set('the of and war star quest arena racing king dragon über straße'.split(' '));
  while (words.size < 8_000) {
    const length = 1 + random.below(4);
    words.add(Array.from({ length }, () => syllables[random.below(syllables.length)] ?? '').join(''));
  }
  return [...words];
}

/** Few words are most of a text. */
function word(random: SeededRandom, vocabulary: readonly string[]): string {
  const rank = Math.floor(vocabulary.length ** (random.below(1_000_000) / 1_000_000)) - 1;
  return vocabulary[rank] ?? 'the';
}

function makeGames(count: number, vocabulary: readonly string[]): unknown[] {
  const random = new SeededRandom(7);
  const text = (length: number): string => Array.from({ length }, () => word(random, vocabulary)).join(' ');
  return Array.from({ length: count }, (_, index) => ({
    id: `game-${index}`,
    // Some lists number their titles, which makes a word of each.
    title:
      `${text(1 + random.below(4))}${random.below(4) === 0 ? ` ${random.below(2_000)}` : ''} supergame${index}`.trim(),
    version: '1',
    description: text(20 + random.below(60)),
    genres: [text(1)],
    tags: [text(1), text(1)],
    publisher: text(2),
  }));
}

/** As somebody types them, letter by letter. */
function usualQueries(vocabulary: readonly string[]): string[] {
  const typed = ['star quest', 'the king of dra', 'arena 19', `${vocabulary[500]} ${vocabulary[40]}`, 'Straße', 'uber'];
  return typed.flatMap((query) => Array.from({ length: query.length }, (_, index) => query.slice(0, index + 1)));
}

/** Each letter alone, every word of them all, and what hits in texts but never in titles. */
function hardQueries(vocabulary: readonly string[]): string[] {
  const letters = [...'abcdefghijklmnopqrstuvwxyz0123456789'];
  return [
    ...letters,
    ...letters.flatMap((one) => ['a', 's', 't'].map((other) => `${one} ${other}`)),
    's t a r k m d b',
    'the of and war star quest arena',
    'a b c d e f g h i j k l m n o p q r s t u v w x y z',
    ...vocabulary.slice(0, 20).map((frequent) => `${frequent} s`),
    ...vocabulary.slice(-20),
    ...vocabulary.slice(-10).map((rare) => `t ${rare}`),
    'supe',
    'supergame',
    'supergame1',
    'supergame12 the',
    'star supergame1',
    'zzzz the',
    'the '.repeat(100),
    'x'.repeat(400),
    'ſtar',
    'ÜBER s',
  ];
}

function at(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
