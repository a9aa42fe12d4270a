/** Catalogs that somebody made to do harm: refused or taken for what they are, and nothing else. */
import { open, writeFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError } from '../../../app/core/base/index.ts';
import { openCatalog, type Catalog } from '../../../app/core/catalog/index.ts';
import { catalogLimits } from '../../../app/core/catalog/schema.ts';
import { openState } from '../../../app/core/state/index.ts';
import { tempDir } from '../../support/temp.ts';

async function importing(text: string | Buffer): Promise<{ catalog: Catalog; code: string; message: string }> {
  await using home = await tempDir('hostile');
  using state = openState({ directory: home.path }).state;
  const catalog = openCatalog({ state });
  const file = home.join('catalog.json');
  await writeFile(file, text);
  try {
    await catalog.importFile(file);
    return { catalog, code: 'accepted', message: '' };
  } catch (error) {
    if (!(error instanceof LanspreadError)) throw error;
    return { catalog, code: error.code, message: error.message };
  }
}

const game = (id: string): Record<string, unknown> => ({ id, title: id, version: '1' });
const list = (extra: Record<string, unknown>): string => JSON.stringify({ formatVersion: 1, games: [], ...extra });
const manyGames = (count: number): unknown[] => Array.from({ length: count }, (_, index) => game(`g${index}`));

const refused: Record<string, string | Buffer> = {
  'too many games': list({ games: manyGames(catalogLimits.games + 1) }),
  'too many revocations': list({ revoked: Array.from({ length: catalogLimits.revocations + 1 }, (_, i) => `g${i}`) }),
  'the same id twice': list({ games: [game('quake'), game('quake')] }),
  'ids that are one folder on Windows': list({ games: [game('Quake'), game('quake')] }),
  'revocations that are no ids': list({ revoked: ['../x'] }),
  'revocations that are no list': list({ revoked: { length: 1 } }),
  'games that are no list': list({ games: { length: 3, 0: game('a') } }),
  'an endless list within a list': `{"formatVersion":1,"games":${'['.repeat(500_000)}${']'.repeat(500_000)}}`,
  'half a list': '{"formatVersion":1,"games":[',
  'a deep half': '['.repeat(1_000_000),
  'bytes that are no text': Buffer.from([0xff, 0xfe, 0x00, 0xd8]),
  nothing: '',
  'a number': '1e999',
  'a launch of what lies outside': list({
    games: [{ ...game('a'), launch: [{ label: 'x', command: '../../bin/sh' }] }],
  }),
  'a pattern that keeps all of the disk': list({ games: [{ ...game('a'), keep: ['../../**'] }] }),
  'a cover that is a device': list({ games: [{ ...game('a'), cover: 'con.png' }] }),
  'a pin that is no hash': list({ games: [{ ...game('a'), manifestRoot: 'x' }] }),
  'a title that draws over the line': list({ games: [{ ...game('a'), title: 'a\u001b[2J' }] }),
};
for (const [what, text] of Object.entries(refused)) {
  test(`a catalog with ${what} is refused as a whole`, async () => {
    const started = performance.now();
    const { catalog, code } = await importing(text);
    assert.is(code, 'CATALOG_INVALID');
    assert.equal(catalog.sources(), []);
    assert.ok(performance.now() - started < 20_000);
  });
}

test('a file of gigabytes is refused by its size, unread', async () => {
  await using home = await tempDir('hostile');
  using state = openState({ directory: home.path }).state;
  const file = home.join('huge.json');
  {
    await using handle = await open(file, 'w');
    await handle.truncate(8 * 1024 ** 3);
  }
  const catalog = openCatalog({ state });
  let code = '';
  try {
    await catalog.importFile(file);
  } catch (error) {
    if (error instanceof LanspreadError) code = error.code;
  }
  assert.is(code, 'CATALOG_INVALID');
});

test('keys that name the prototype are fields without a meaning', async () => {
  const text =
    '{"formatVersion":1,"__proto__":{"polluted":1},"games":[{"id":"constructor","title":"T","version":"1",' +
    '"__proto__":{"polluted":1,"manifestRoot":"x"},"toString":"x"},{"id":"__proto__x","title":"P","version":"1"}]}';
  const { code } = await importing(text);
  assert.is(code, 'CATALOG_INVALID', 'an id begins with a letter or digit');
  const { catalog, code: other } = await importing(text.replace('__proto__x', 'hasOwnProperty'));
  assert.is(other, 'accepted');
  assert.is(Reflect.get({}, 'polluted'), undefined);
  assert.ok(catalog.has('constructor'));
  assert.is(catalog.has('toString'), false);
  assert.is(catalog.get('constructor')?.manifestRoot, undefined);
  assert.is(catalog.get('__proto__'), undefined);
});

test('fields that this version does not know are left alone', async () => {
  const { catalog, code } = await importing(list({ future: [1], games: [{ ...game('a'), future: { deep: [] } }] }));
  assert.is(code, 'accepted');
  assert.ok(catalog.has('a'));
});

test.run();
