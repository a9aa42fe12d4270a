/** The tests that authors run pass what is sound, and name what is not. */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { testExtension, type CheckResult } from '../../../app/core/extensions/index.ts';
import { writeExtension } from '../../support/extensions.ts';
import { tempDir, type TempDir } from '../../support/temp.ts';

const crateFolder = fileURLToPath(new URL('../../../fixtures/extensions/crate', import.meta.url));

/** An unpacker of archives that hold one file: `TOY` and then its content. What is given takes the place of a method. */
function toyWith(methods: Record<string, string> = {}): string {
  const all = {
    probe: `async (archive) => (await archive.read(0, 3)).join() === '84,79,89' ? 100 : 0`,
    list: `async (archive) => {
      if (archive.sizeBytes < 10) throw Object.assign(new Error('cut off'), { code: 'ARCHIVE_CORRUPT' });
      return [{ path: 'toy.txt', sizeBytes: archive.sizeBytes - 3, kind: 'file' }];
    }`,
    plan: `async (archive) => ({ kind: 'sink', write: async (sink) =>
      await sink.file('toy.txt', await archive.read(3, archive.sizeBytes - 3)) })`,
    ...methods,
  };
  const lines = Object.entries(all).map(([name, code]) => `${name}: ${code},`);
  return `export function activate(context) { context.registerUnpacker('toy', { ${lines.join('\n')} }); }`;
}

async function resultsOf(temp: TempDir, name: string, files: Record<string, string>): Promise<readonly CheckResult[]> {
  const directory = temp.join(name);
  const content = 'x'.repeat(300);
  const sample = { 'test/archives/one.toy': `TOY${content}`, 'test/archives/one.toy.expected/toy.txt': content };
  await writeExtension(directory, {}, { ...sample, ...files });
  return await testExtension(directory, { limits: { listMs: 700, planMs: 700, unpackMs: 700, graceMs: 500 } });
}

const failedOf = (results: readonly CheckResult[]): string[] =>
  results.flatMap(({ name, outcome }) => (outcome === 'failed' ? [name] : []));

test('the example passes every check, and none is skipped', async () => {
  const results = await testExtension(crateFolder, {});
  assert.ok(results.length >= 10, `${results.length} checks`);
  assert.equal(
    results.filter(({ outcome }) => outcome !== 'passed'),
    [],
  );
});

test('a sound extension passes; without archives what needs them is skipped, not passed', async () => {
  await using temp = await tempDir('compliance');
  assert.equal(failedOf(await resultsOf(temp, 'sound', { 'main.js': toyWith() })), []);
  const bare = await writeExtension(temp.join('bare'), {}, { 'main.js': toyWith() });
  const results = await testExtension(bare, {});
  assert.equal(failedOf(results), []);
  assert.ok(results.filter(({ outcome }) => outcome === 'skipped').length >= 5);
});

const faults: Record<string, { main: string; fails: RegExp; says: RegExp }> = {
  'claims everything': {
    main: toyWith({ probe: 'async () => 100' }),
    fails: /leaves files alone/,
    says: /probe gives/,
  },
  'does not know its own': { main: toyWith({ probe: 'async () => 10' }), fails: /recognises/, says: /one\.toy/ },
  'lists a path that leads outside': {
    main: toyWith({ list: `async () => [{ path: '../out.txt', sizeBytes: 1, kind: 'file' }]` }),
    fails: /paths/,
    says: /\.\./,
  },
  'unpacks other bytes than expected': {
    main: toyWith({
      plan: `async (archive) => ({ kind: 'sink', write: (sink) => sink.file('toy.txt', new Uint8Array(archive.sizeBytes - 3)) })`,
    }),
    fails: /unpacks its samples/,
    says: /toy\.txt/,
  },
  'throws what nobody understands at damaged archives': {
    main: toyWith({
      list: `async (archive) => { if (archive.sizeBytes !== 303) throw new TypeError('x is undefined');
      return [{ path: 'toy.txt', sizeBytes: 300, kind: 'file' }]; }`,
    }),
    fails: /damaged/,
    says: /ARCHIVE_CORRUPT/,
  },
  'ends its process': { main: toyWith({ list: 'async () => process.exit(7)' }), fails: /damaged|samples/, says: /Toy/ },
  'cannot be loaded': { main: 'export const activate = ;', fails: /starts and is active/, says: /Toy/ },
  'registers nothing': { main: 'export function activate() {}', fails: /./, says: /toy/ },
  'goes on when it is cancelled': {
    main: toyWith({ list: 'async () => { for (;;) await new Promise((resolve) => setImmediate(resolve)); }' }),
    fails: /./,
    says: /Toy/,
  },
};
test('one that does not start is told so once, with the place in its files', async () => {
  await using temp = await tempDir('compliance');
  const main = `const one = 1;\nexport function activate() { throw new Error('on purpose'); }\n`;
  const results = await resultsOf(temp, 'bad', { 'main.js': main });
  const failed = results.filter(({ outcome }) => outcome === 'failed');
  assert.is(failed.length, 1, JSON.stringify(results, null, 1));
  assert.match(failed[0]?.message ?? '', /\(acme\.toy\) failed in main\.js:2: on purpose/);
});

test('games that fit no catalog fail, by game and field; none at all is said', async () => {
  await using temp = await tempDir('compliance');
  const changes = { contributes: { catalogSources: [{ id: 'list', label: 'List' }] } };
  const listing = (games: string): string =>
    `export function activate(context) { context.registerCatalogSource('list', { page: async () => ${games} }); }`;
  const bad = listing(`({ games: [{ id: '../bad', title: 'Bad', version: '1' }, { id: 'new', title: 'New' }] })`);
  const directory = await writeExtension(temp.join('bad'), changes, { 'main.js': bad });
  const [failed] = (await testExtension(directory, {})).filter(({ outcome }) => outcome === 'failed');
  assert.match(failed?.message ?? '', /"\.\.\/bad": id is not a game id.*"new": version is missing/);
  await writeFile(join(directory, 'main.js'), listing(`(() => { throw new Error('the server sleeps'); })()`));
  const [skipped] = (await testExtension(directory, {})).filter(({ outcome }) => outcome === 'skipped');
  assert.match(skipped?.message ?? '', /no game came to look at.*the server sleeps/);
});

for (const [what, { main, fails, says }] of Object.entries(faults)) {
  test(`an extension that ${what} fails, with words that help`, async () => {
    await using temp = await tempDir('compliance');
    const results = await resultsOf(temp, 'bad', { 'main.js': main });
    const failed = results.filter(({ outcome }) => outcome === 'failed');
    assert.ok(
      failed.some(({ name, message = '' }) => fails.test(name) && says.test(message)),
      JSON.stringify(results, null, 1),
    );
  });
}

test('a manifest that is wrong ends the tests at once', async () => {
  await using temp = await tempDir('compliance');
  const directory = await writeExtension(temp.join('bad'), { version: 'one' });
  const results = await testExtension(directory, {});
  assert.is(results.length, 1);
  assert.match(results[0]?.message ?? '', 'version');
  await cp(directory, temp.join('again'), { recursive: true });
  await mkdir(dirname(temp.join('again', 'x')), { recursive: true });
  await writeFile(join(temp.join('again'), 'package.json'), '{');
  assert.is((await testExtension(temp.join('again'), {})).length, 1);
});

test.run();
