import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseFile } from '../../../app/extensions/folder-catalog/parse-file.ts';
import { limits, readFolder, type FolderList } from '../../../app/extensions/folder-catalog/read-folder.ts';
import { tempDir, type TempDir } from '../../support/temp.ts';
import { processorMs } from '../../support/processor-time.ts';

const { signal } = new AbortController();

async function onStick(work: (stick: TempDir) => Promise<void>, files: Record<string, unknown>): Promise<void> {
  await using stick = await tempDir('stick');
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(stick.join(name)), { recursive: true });
    await writeFile(stick.join(name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  await work(stick);
}

const told = ({ games }: FolderList): string[] => games.map(({ id, title }) => `${id} ${title}`);
const messageOf = async (promise: Promise<unknown>): Promise<string> =>
  await promise.then(
    () => 'accepted',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

test('a stick holds catalogs and descriptions, in JSON and in YAML, directly and in games/', () =>
  onStick(
    async (stick) => {
      const list = await readFolder(stick.path, { signal });
      assert.equal(told(list), ['a A', 'b B', 'quake Quake', 'doom Doom', 'hexen Hexen']);
      assert.equal(list.warnings, []);
    },
    {
      'catalog.json': { formatVersion: 1, name: 'X', games: [{ id: 'a', title: 'A', version: '1' }] },
      'more.yml': 'formatVersion: 1\ngames:\n  - { id: b, title: B, version: "1" }\n',
      'quake.yaml': 'title: Quake\nversion: "1"\n',
      'games/doom.json': { title: 'Doom', version: '1' },
      'games/hexen.yaml': 'title: Hexen\nversion: "1"\n',
      'games/.hidden.yaml': 'title: Hidden\n',
      'Liesmich.txt': 'Hallo',
    },
  ));

test('a cover is the one that is named, or the picture of the same name in covers/', () =>
  onStick(
    async (stick) => {
      const { games } = await readFolder(stick.path, { signal });
      assert.equal(
        games.map(({ cover }) => cover),
        [stick.join('covers/a.png'), stick.join('art/b.jpg'), undefined],
      );
    },
    {
      'a.yaml': 'title: A\nversion: "1"\n',
      'b.yaml': 'title: B\nversion: "1"\ncover: art/b.jpg\n',
      'c.yaml': 'title: C\nversion: "1"\n',
      'covers/a.png': 'x',
      'covers/b.png': 'x',
      'covers/c.txt': 'x',
    },
  ));

test('one description that is broken is left out and told; a broken catalog is not taken for an empty one', () =>
  onStick(
    async (stick) => {
      const list = await readFolder(stick.path, { signal });
      assert.equal(told(list), ['good Good']);
      assert.is(list.warnings.length, 3);
      for (const name of ['bad.json', 'list.yaml', 'odd.yaml']) assert.match(list.warnings.join('\n'), name);
      await writeFile(stick.join('catalog.json'), '{ "formatVersion": 1, "games": [');
      assert.match(await messageOf(readFolder(stick.path, { signal })), 'catalog.json is broken');
      await writeFile(stick.join('catalog.json'), '{ "formatVersion": 2, "games": [] }');
      assert.match(await messageOf(readFolder(stick.path, { signal })), 'only 1 is read');
    },
    { 'good.yaml': 'title: Good\nversion: "1"\n', 'bad.json': '{', 'list.yaml': '- a\n', 'odd.yaml': 'a: [b\n' },
  ));

test('links are not followed', () =>
  onStick(
    async (stick) => {
      if (process.platform === 'win32') return;
      await symlink(stick.join('elsewhere/secret.json'), stick.join('games/linked.json'));
      await symlink(stick.join('elsewhere'), stick.join('covers'));
      const { games } = await readFolder(stick.path, { signal });
      assert.equal(told({ games, warnings: [] }), ['a A']);
      assert.is(games[0]?.cover, undefined);
    },
    {
      'games/a.json': { title: 'A', version: '1' },
      'elsewhere/secret.json': { title: 'Secret', version: '1' },
      'elsewhere/a.png': 'x',
    },
  ));

test('a file that is too large is left out, a folder that is not there is an error', () =>
  onStick(
    async (stick) => {
      const { games, warnings } = await readFolder(stick.path, { signal });
      assert.equal(games, []);
      assert.match(warnings[0] ?? '', 'large.json');
      assert.match(await messageOf(readFolder(stick.join('none'), { signal })), 'ENOENT');
      assert.match(await messageOf(readFolder(stick.path, { signal: AbortSignal.abort() })), 'abort');
    },
    { 'large.json': ' '.repeat(limits.fileBytes + 1) },
  ));

const bomb = `a: &a [${'x,'.repeat(9)}]\n${[...'bcdefghij']
  .map((key, index) => `${key}: &${key} [${`*${'abcdefghi'[index]},`.repeat(9)}]`)
  .join('\n')}\n`;
const hostile: Record<string, string> = {
  'an alias bomb': bomb,
  'a deep list': `a: ${'['.repeat(100_000)}`,
  'deep JSON in YAML': `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`,
  'many dashes': '- '.repeat(400_000),
  'many dashes in lines': `${'-\n'.repeat(200_000)}`,
  'deep indentation': Array.from({ length: 1_000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
  'many items': `[${'a,'.repeat(400_000)}]`,
  'as many items as are read': `a: [${'a,'.repeat(19_000)}]`,
  'a foreign tag': 'title: !!js/function "function () {}"\n',
  'two documents': 'a: 1\n---\nb: 2\n',
  'a merge of itself': 'a: &a { <<: *a }\n',
  'twice the same key': 'a: 1\na: 2\n',
};
for (const [what, text] of Object.entries(hostile)) {
  test(`${what} harms nobody`, () => {
    const costMs = processorMs(() => {
      const found = parseFile(Buffer.from(text), 'x.yaml');
      assert.ok(['broken', 'game'].includes(found.kind));
    });
    assert.ok(costMs < 2_000, `it took ${costMs} ms`);
  });
}

test('what is nested deeper than any game is told, in JSON too', () => {
  for (const text of [
    `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
    `{"a":${'{"a":'.repeat(40)}1${'}'.repeat(41)}`,
  ])
    assert.match(JSON.stringify(parseFile(Buffer.from(text), 'x.json')), 'levels deep');
});

test('keys that name the prototype stay keys', () => {
  for (const [name, text] of [
    ['x.json', '{ "__proto__": { "polluted": true }, "constructor": { "prototype": { "polluted": true } } }'],
    ['x.yaml', '__proto__: { polluted: true }\nconstructor: { prototype: { polluted: true } }\n'],
  ] as const) {
    const found = parseFile(Buffer.from(text), name);
    assert.is(found.kind, 'game');
    assert.is(Reflect.get({}, 'polluted'), undefined);
  }
});

test('text that is no UTF-8 is told', () => {
  assert.equal(parseFile(Buffer.from([0x7b, 0xff, 0x7d]), 'x.json'), { kind: 'broken', reason: 'it is not UTF-8' });
});

test.run();
