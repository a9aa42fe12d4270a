import { readdir, readFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isGameId } from '../../../app/core/base/index.ts';
import { maxCoverBytes, renderCover, titleLines } from '../../../fixtures/covers.ts';

interface SampleGame {
  id: string;
  title: string;
  version: string;
  description: string;
  genres: string[];
  players: { min: number; max: number };
  cover: string;
}

const folder = new URL('../../../fixtures/catalog/', import.meta.url);
const catalog = JSON.parse(await readFile(new URL('catalog.json', folder), 'utf8')) as {
  formatVersion: number;
  games: SampleGame[];
};

test('every cover is what the generator makes of its game, and small', async () => {
  for (const game of catalog.games) {
    const svg = await readFile(new URL(game.cover, folder), 'utf8');
    assert.is(svg, renderCover(game), `run node fixtures/make-covers.ts for ${game.id}`);
    assert.ok(Buffer.byteLength(svg) <= maxCoverBytes);
  }
});

test('there is a cover for each game and no other', async () => {
  const covers = await readdir(new URL('covers/', folder));
  assert.equal(covers.sort(), catalog.games.map(({ id }) => `${id}.svg`).sort());
});

test('the sample games are complete and each is told apart', () => {
  assert.is(catalog.formatVersion, 1);
  assert.is(catalog.games.length, 40);
  for (const key of ['id', 'title', 'description'] as const)
    assert.is(new Set(catalog.games.map((game) => game[key])).size, 40, `a ${key} occurs twice`);
  for (const { id, description, genres, players } of catalog.games) {
    assert.ok(isGameId(id), id);
    assert.ok((description.match(/[.!?](?= |$)/g)?.length ?? 0) >= 2, `${id} has fewer than two sentences`);
    assert.ok(genres.length > 0 && players.min >= 1 && players.max >= players.min, id);
  }
});

test('no two covers look alike', () => {
  const covers = catalog.games.map((game) => renderCover({ ...game, title: 'Same', genres: ['Puzzle'] }));
  assert.is(new Set(covers).size, 40);
});

test('a long title is broken between words and its signs are escaped', () => {
  assert.equal(titleLines('The Very Long Name of a Game'), ['The Very Long', 'Name of a', 'Game']);
  assert.match(renderCover({ id: 'x', title: 'Salt & <Pepper>', genres: [] }), 'Salt &amp;');
});

test.run();
