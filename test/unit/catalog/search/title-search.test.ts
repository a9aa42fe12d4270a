/** What people type, and which game they mean. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TitleSearch } from '../../../../app/core/catalog/search/title-search.ts';
import { mistakesBetween } from '../../../../app/core/catalog/search/typos.ts';

const shelf = [
  { title: 'Age of Empires II: The Age of Kings' },
  { title: 'Age of Mythology' },
  { title: "Baldur's Gate II: Shadows of Amn" },
  { title: 'Battlefield 1942' },
  { title: 'Battlefield 2' },
  { title: 'Big Farm' },
  { title: 'Call of Duty' },
  { title: 'Call of Duty 4: Modern Warfare' },
  { title: 'Code Red' },
  { title: 'Colin McRae Rally 2.0' },
  { title: 'Command & Conquer: Red Alert 2' },
  { title: 'Counter-Strike 1.6' },
  { title: 'Counter-Strike: Source' },
  { title: 'CS Manager' },
  { title: 'Diablo II' },
  { title: 'Die Siedler III' },
  { title: 'Far Cry' },
  { title: 'FIFA 22' },
  { title: 'Final Fantasy X' },
  { title: 'FlatOut 2' },
  { title: 'Grand Theft Auto V' },
  { title: 'Grand Theft Auto: San Andreas' },
  { title: 'Half-Life' },
  { title: 'Half-Life 2: Deathmatch' },
  { title: 'Heroes of Might and Magic III' },
  { title: 'Left 4 Dead 2' },
  { title: 'Need for Speed: Underground 2' },
  { title: 'Pokémon Stadium' },
  { title: 'PlayerUnknown’s Battlegrounds', aliases: ['PUBG'] },
  { title: 'Quake' },
  { title: 'Quake III Arena', aliases: ['Q3A'] },
  { title: 'S.T.A.L.K.E.R.: Call of Pripyat' },
  { title: "Sid Meier's Civilization VI" },
  { title: 'SimCity 3000' },
  { title: 'StarCraft II' },
  { title: 'Straßenrennen' },
  { title: 'Team Fortress 2' },
  { title: 'The Lord of the Rings: The Battle for Middle-earth II', aliases: ['BFME2'] },
  { title: 'Tom Clancy’s Rainbow Six 3' },
  { title: 'TrackMania Nations Forever' },
  { title: 'Unreal Tournament 2004' },
  { title: 'Warcraft III: The Frozen Throne' },
  { title: 'Warhammer 40,000: Dawn of War' },
  { title: 'Worms Armageddon' },
  { title: 'Xonotic' },
  { title: '東方紅魔郷' },
];
const search = new TitleSearch(shelf);
const titles = (query: string): string[] => search.search(query, 50).found.map((index) => shelf[index]?.title ?? '?');

/** What is typed, and the beginning of the title that has to stand first. */
const first: readonly (readonly [query: string, title: string])[] = [
  ['baldurs gate', "Baldur's Gate"],
  ["baldur's gate", "Baldur's Gate"],
  ['baldurs gate 2', "Baldur's Gate II"],
  ['BALDURSGATE', "Baldur's Gate"],
  ['stalker', 'S.T.A.L.K.E.R.'],
  ['stalker pripyat', 'S.T.A.L.K.E.R.'],
  ['s.t.a.l.k.e.r', 'S.T.A.L.K.E.R.'],
  ['halflife', 'Half-Life'],
  ['half life 2', 'Half-Life 2'],
  ['hl2', 'Half-Life 2'],
  ['counterstrike', 'Counter-Strike'],
  ['counter strike source', 'Counter-Strike: Source'],
  ['css', 'Counter-Strike: Source'],
  ['cs 1.6', 'Counter-Strike 1.6'],
  ['nfs', 'Need for Speed'],
  ['nfs underground', 'Need for Speed'],
  ['nfsu2', 'Need for Speed'],
  ['diablo 2', 'Diablo II'],
  ['diablo ii', 'Diablo II'],
  ['d2', 'Diablo II'],
  ['quake 3', 'Quake III'],
  ['quake3', 'Quake III'],
  ['quake iii', 'Quake III'],
  ['q3', 'Quake III'],
  ['q3a', 'Quake III'],
  ['aoe', 'Age of Empires'],
  ['aoe2', 'Age of Empires'],
  ['aoe 2', 'Age of Empires'],
  ['cod', 'Call of Duty'],
  ['cod 4', 'Call of Duty 4'],
  ['cod4', 'Call of Duty 4'],
  ['cod modern', 'Call of Duty 4'],
  ['sim city', 'SimCity'],
  ['simcity', 'SimCity'],
  ['sim city 3000', 'SimCity'],
  ['quke', 'Quake'],
  ['qauke', 'Quake'],
  ['c&c', 'Command & Conquer'],
  ['cnc', 'Command & Conquer'],
  ['command and conquer', 'Command & Conquer'],
  ['command conquer', 'Command & Conquer'],
  ['ra2', 'Command & Conquer'],
  ['red alert', 'Command & Conquer'],
  ['gta', 'Grand Theft Auto'],
  ['gta5', 'Grand Theft Auto V'],
  ['gta v', 'Grand Theft Auto V'],
  ['gta san', 'Grand Theft Auto: San'],
  ['civ 6', 'Sid Meier'],
  ['civilisation', 'Sid Meier'],
  ['homm3', 'Heroes of Might'],
  ['homm 3', 'Heroes of Might'],
  ['l4d', 'Left 4 Dead'],
  ['l4d2', 'Left 4 Dead'],
  ['tf2', 'Team Fortress'],
  ['ut2004', 'Unreal Tournament'],
  ['ut', 'Unreal Tournament'],
  ['pubg', 'PlayerUnknown'],
  ['bfme2', 'The Lord of the Rings'],
  ['lord of the rings', 'The Lord of the Rings'],
  ['lotr', 'The Lord of the Rings'],
  ['siedler 3', 'Die Siedler'],
  ['the siedler', 'Die Siedler'],
  ['fifa22', 'FIFA'],
  ['final fantasy 10', 'Final Fantasy'],
  ['ffx', 'Final Fantasy'],
  ['starcraft 2', 'StarCraft'],
  ['star craft', 'StarCraft'],
  ['sc2', 'StarCraft'],
  ['flat out', 'FlatOut'],
  ['flatout2', 'FlatOut'],
  ['mcrae', 'Colin McRae'],
  ['colin mc rae', 'Colin McRae'],
  ['pokemon', 'Pokémon'],
  ['strassenrennen', 'Straßenrennen'],
  ['strasenrennen', 'Straßenrennen'],
  ['farcry', 'Far Cry'],
  ['track mania', 'TrackMania'],
  ['dow', 'Warhammer'],
  ['dawn of war', 'Warhammer'],
  ['warcarft', 'Warcraft'],
  ['frozen', 'Warcraft'],
  ['worms armagedon', 'Worms'],
  ['battelfield', 'Battlefield'],
  ['bf2', 'Battlefield 2'],
  ['bf 1942', 'Battlefield 1942'],
  ['countrstrike', 'Counter-Strike'],
  ['unreal turnament', 'Unreal'],
  ['rainbow 6', 'Tom Clancy'],
  ['rainbow six', 'Tom Clancy'],
  ['left four dead', 'Left 4 Dead'],
  ['gtav', 'Grand Theft Auto V'],
  ['wc3', 'Warcraft III'],
  ['東方', '東方'],
];

for (const [query, title] of first)
  test(`${JSON.stringify(query)} finds ${title} first`, () => {
    const found = titles(query);
    assert.ok(found[0]?.startsWith(title), `${query}: ${JSON.stringify(found.slice(0, 4))}`);
  });

test('initials stand before words that merely begin so, and all of a series is found', () => {
  assert.equal(titles('cs').slice(0, 3), ['Counter-Strike 1.6', 'Counter-Strike: Source', 'CS Manager']);
  assert.equal(titles('cod').slice(0, 3), ['Call of Duty', 'Call of Duty 4: Modern Warfare', 'Code Red']);
  assert.equal(titles('quake'), ['Quake', 'Quake III Arena']);
});

test('what was meant is told only where what was typed names nothing', () => {
  assert.is(search.search('quke', 9).meant, 'quake');
  assert.is(search.search('countrstrike', 9).meant, 'Counter-Strike 1.6');
  assert.is(search.search('quake', 9).meant, undefined);
  assert.is(search.search('aoe', 9).meant, undefined);
});

test('mistakes are forgiven in proportion: none in three letters, one in four, two in eight', () => {
  assert.equal(titles('fra'), []);
  assert.ok(titles('wurms').length === 1);
  assert.equal(titles('wurmz'), [], 'two in five');
  assert.ok(titles('armagdeon')[0]?.startsWith('Worms'));
  assert.equal(titles('xyzzy'), []);
  assert.equal(titles('zzzzzzzz zzzzzzz'), []);
});

test('nothing typed finds nothing, and the limit holds', () => {
  for (const query of ['', '  ', '"*(', '🎮', '&', "'"]) assert.equal(titles(query), [], query);
  assert.is(search.search('a', 3).found.length, 3);
  assert.equal(search.search('a', 0).found, []);
});

test('odd queries are answered, and quickly', () => {
  const odd = [
    'x'.repeat(10_000),
    'a '.repeat(5_000),
    '\ud800',
    'a\udfffb',
    '٣',
    'İ',
    '()[]{}.*+?^$|\\',
    'iii iii iii',
    '東'.repeat(300),
  ];
  for (const query of odd) {
    const started = performance.now();
    assert.ok(Array.isArray(titles(query)), query.slice(0, 20));
    assert.ok(performance.now() - started < 500, query.slice(0, 20));
  }
});

test('left out, added, changed and swapped letters are one mistake each', () => {
  const whole = (typed: string, word: string): number | undefined => mistakesBetween(typed, word, 2)?.whole;
  assert.equal(
    [
      whole('quake', 'quake'),
      whole('quke', 'quake'),
      whole('quaake', 'quake'),
      whole('qoake', 'quake'),
      whole('qauke', 'quake'),
    ],
    [0, 1, 1, 1, 1],
  );
  assert.is(whole('quake', 'doom'), undefined);
  assert.is(mistakesBetween('battelf', 'battlefield', 1)?.beginning, 1);
});

test.run();
