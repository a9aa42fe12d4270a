/** What a search promises, held against the plain definition over catalogs and queries at random. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseGameId } from '../../../app/core/base/index.ts';
import type { CatalogGameRow, State } from '../../../app/core/state/index.ts';
import { SeededRandom } from '../../support/random.ts';
import { withState } from './open.ts';

const letters = [...'abeostéöüßłøñ中東ガ12'];

/** Short words of few letters, so that many begin alike. */
function word(random: SeededRandom): string {
  const length = 1 + random.below(4);
  return Array.from({ length }, () => letters[random.below(letters.length)] ?? '').join('');
}

function words(random: SeededRandom, count: number): string {
  return Array.from({ length: count }, () => word(random)).join([' ', '-', ' & ', '\n'][random.below(4)]);
}

function gamesAtRandom(random: SeededRandom, count: number): CatalogGameRow[] {
  return Array.from({ length: count }, (_, index) => {
    const title = words(random, 1 + random.below(3));
    const gameId = parseGameId(`g${index}`);
    return { sourceId: 'one', gameId, title, json: '{}', searchText: `${title}\n${words(random, random.below(12))}` };
  });
}

const special: Record<string, string> = { ł: 'l', ø: 'o', ß: 'ss' };
const german: Record<string, string> = { ö: 'oe', ü: 'ue', ä: 'ae' };

/** The words of a text, spelled out on its own: every character a word in scripts without spaces. */
function plainly(text: string, replace: Record<string, string>): string[] {
  const plain = [...text.toLowerCase()]
    .map((letter) => replace[letter] ?? special[letter] ?? letter.normalize('NFD').replace(/[\u0300-\u036f]/g, ''))
    .map((letter) => (/[中東]|\p{sc=Katakana}/u.test(letter) ? ` ${letter} ` : letter))
    .join('');
  return plain.match(/\p{L}+|\p{N}+/gu) ?? [];
}

/** Each word of the query begins a word of the text, in one way of writing or the other. */
function isHit(text: string, query: string): boolean {
  const present = [...plainly(text, {}), ...plainly(text, german)];
  const wanted = plainly(query, {});
  const alternatives = plainly(query, german);
  return wanted.every((each, index) =>
    [each, alternatives[index] ?? each].some((form) => present.some((one) => one.startsWith(form))),
  );
}

const fill = (state: State, rows: readonly CatalogGameRow[]): void =>
  state.catalog.replaceSource(
    {
      id: 'one',
      name: 'One',
      origin: '/x',
      issued: undefined,
      signed: false,
      signedBy: undefined,
      inUse: true,
      position: 0,
    },
    rows,
  );

for (let seed = 1; seed <= 6; seed += 1) {
  test(`a search finds every game it should and no other, titles first (seed ${seed})`, () =>
    withState((state) => {
      const random = new SeededRandom(seed);
      const rows = gamesAtRandom(random, 200);
      fill(state, rows);
      for (let round = 0; round < 100; round += 1) {
        const query = words(random, 1 + random.below(3));
        const found = state.catalog.search(query, 1_000);
        const expected = rows.filter(({ searchText }) => isHit(searchText, query)).map(({ gameId }) => gameId);
        assert.equal([...found].sort(), [...expected].sort(), JSON.stringify(query));
        assert.is(new Set(found).size, found.length, 'no game twice');
        const inTitle = found.map((id) => isHit(rows.find(({ gameId }) => gameId === id)?.title ?? '', query));
        assert.is(inTitle.lastIndexOf(true) < (inTitle.indexOf(false) + 1 || Infinity), true, JSON.stringify(query));
        const few = state.catalog.search(query, 5);
        assert.is(few.length, Math.min(5, found.length));
        for (const id of few) assert.ok(found.includes(id));
      }
    }));
}

for (const [title, queries] of Object.entries({
  'Straßenrennen in Köln': ['strasse', 'STRASSEN', 'straße', 'koln', 'koeln', 'KÖLN', 'köl', 'koe'],
  'Muenchen 1972': ['münchen', 'muenchen', 'Mün'],
  'Übermensch Ärger': ['ubermensch', 'uebermensch', 'über', 'aerger', 'arger'],
  'Pokémon Łódź': ['pokemon', 'lodz', 'ŁÓDŹ'],
  'Ænima & Œuvre': ['aenima', 'oeuvre', 'ænima'],
  'Half-Life²': ['half life2', 'life²', 'life 2'],
  FIFA22: ['fifa 22', 'fifa22', 'FIFA', '22', 'fifa 2'],
  'Anno 1404': ['anno1404', 'anno14', '1404'],
  'Ｆｕｌｌ ｗｉｄｔｈ': ['full width'],
  'İstanbul ılık': ['istanbul', 'ilik'],
  Ελλάδα: ['ελλαδα', 'ΕΛΛΆΔΑ'],
  Пётр: ['петр', 'ПЁТР'],
  東方紅魔郷: ['東方', '紅', '郷'],
  ガンダム: ['ガン', 'ダム'],
  'e\u0301tude': ['étude', 'etude'],
})) {
  test(`"${title}" is found by ${queries.join(', ')}`, () =>
    withState((state) => {
      const row = { sourceId: 'one', json: '{}', gameId: parseGameId('x'), title, searchText: title };
      fill(state, [row, { ...row, gameId: parseGameId('y'), title: 'Zzz', searchText: 'Zzz' }]);
      for (const query of queries) assert.equal(state.catalog.search(query, 9), ['x'], query);
    }));
}

test.run();
