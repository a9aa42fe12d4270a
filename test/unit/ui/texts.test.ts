import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { errorTable } from '../../../app/core/base/index.ts';
import { errorsDe } from '../../../app/ui/i18n/errors-de.ts';
import { errorsDetailed } from '../../../app/ui/i18n/errors-detailed.ts';
import { messages } from '../../../app/ui/i18n/messages/index.ts';
import {
  fill,
  formatBytes,
  formatBytesSoFar,
  formatCountdown,
  formatDuration,
  formatPercent,
  formatSpeed,
  translate,
} from '../../../app/ui/i18n/translate.ts';

const plain = (text: string): string => text.replaceAll(/\s/gu, ' ');

test('sizes and speeds have three telling digits at most, in the way of the language', () => {
  assert.equal(
    [0, 999, 1_000, 25_200_000, 101_000_000, 9_640_000_000, 999_999_999].map((bytes) =>
      plain(formatBytes('en', bytes)),
    ),
    ['0 B', '999 B', '1 kB', '25.2 MB', '101 MB', '9.6 GB', '1 GB'],
  );
  assert.is(plain(formatBytes('de', 9_640_000_000)), '9,6 GB');
  assert.equal(
    [1_900_000_000, 2_000_000_000, 450_000_000].map((bytes) => plain(formatBytesSoFar('en', bytes))),
    ['1.9 GB', '2.0 GB', '450 MB'],
    'a number that grows keeps its width',
  );
  assert.equal(
    [0, 15_800_000, 112_300_000].map((bytes) => plain(formatSpeed('en', bytes))),
    ['0 kB/s', '15.8 MB/s', '112 MB/s'],
  );
});

test('a hundred percent is shown at the end only', () => {
  const percents = [formatPercent('en', 999, 1_000), formatPercent('en', 5, 5), formatPercent('en', 1, 0)];
  assert.equal(percents, ['99%', '100%', '0%']);
  assert.is(plain(formatPercent('de', 43, 100)), '43 %');
});

test('times are told in the largest units that fit', () => {
  assert.equal([0.2, 49, 725, 3_599, 3_720].map(formatCountdown), ['1 s', '49 s', '13 min', '1 h 0 min', '1 h 2 min']);
  assert.is(plain(formatDuration('en', 22_320)), '6 h 12 min');
  assert.is(plain(formatDuration('de', 720)), '12 min');
});

test('values are filled in, plurals chosen, unknown names left to see', () => {
  assert.is(translate('en', 'unit.peers', { count: 1 }), '1 PC');
  assert.is(translate('de', 'unit.games', { count: 1_200 }), '1.200 Spiele');
  assert.is(fill('{a} {b}', 'en', { a: '$&' }), '$& {b}');
});

const placeholders = (message: unknown): string[] =>
  Array.from(new Set(JSON.stringify(message).match(/\{\w+\}/g))).sort();

test('every text is there in both languages with the same placeholders', () => {
  assert.equal(Object.keys(messages.de).sort(), Object.keys(messages.en).sort());
  for (const [key, message] of Object.entries(messages.en)) {
    const german = messages.de[key as keyof typeof messages.de];
    assert.equal(placeholders(german), placeholders(message), key);
    assert.ok(JSON.stringify(german).length > 2, key);
  }
});

test('people read of PCs, never of peers', () => {
  const all =
    JSON.stringify(messages) + JSON.stringify(errorTable) + JSON.stringify(errorsDe) + JSON.stringify(errorsDetailed);
  const words = Array.from(all.matchAll(/[^"`]{0,30}\bpeers?\b[^"`]{0,20}/giu), ([text]) => text);
  assert.equal(
    words.filter(
      (text) => !/lanspread peers|\w\.peers?\b|\{peers\}|unit\.peers|sort\.peers/i.test(text) && /\s/.test(text),
    ),
    [],
  );
});

test.run();
