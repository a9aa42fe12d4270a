/** The page on catalogs says what is so. */
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { addCatalogCommands } from '../../../app/cli/commands/catalog.ts';
import { buildCatalog, openCatalog, type GameFolderFacts } from '../../../app/core/catalog/index.ts';
import { pictureLimits } from '../../../app/core/catalog/picture.ts';
import { catalogLimits, catalogSchema, gameSchema } from '../../../app/core/catalog/schema.ts';
import { folderPatternsOf } from '../../../app/core/catalog/live/configured-folders.ts';
import { openState } from '../../../app/core/state/index.ts';
import { tempDir } from '../../support/temp.ts';

const page = readFileSync(new URL('../../../docs/catalogs.md', import.meta.url), 'utf8');

function blocks(language: string): string[] {
  return Array.from(page.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs')), ([, text = '']) => text);
}

test('the example can be imported, and shows every field there is', async () => {
  await using home = await tempDir('docs');
  using state = openState({ directory: home.path }).state;
  const catalog = openCatalog({ state });
  const [example = ''] = blocks('json');
  await writeFile(home.join('catalog.json'), example);
  const source = await catalog.importFile(home.join('catalog.json'));
  assert.equal([source.name, source.gameCount, source.revokedCount], ['Friday night', 1, 1]);
  const document = JSON.parse(example);
  for (const field of Object.keys(catalogSchema.shape)) assert.ok(field in document, field);
  for (const field of Object.keys(gameSchema.shape))
    assert.ok(field in document.games[0] || page.includes(`| \`${field}\` |`), field);
});

test('the description in YAML becomes a game', async () => {
  await using folder = await tempDir('docs');
  const [description = ''] = blocks('yaml');
  await writeFile(folder.join('amber-convoy.yaml'), description);
  await mkdir(folder.join('amber-convoy'));
  const readRoot = async (): Promise<GameFolderFacts> => ({ version: '20231104', sizeBytes: 1 });
  const { text } = await buildCatalog({ folder: folder.path, readRoot });
  const [game] = catalogSchema.parse(JSON.parse(text)).games;
  assert.equal([game?.title, game?.version, game?.launch[0]?.command], ['Amber Convoy', '20231104', 'convoy.exe']);
});

test('every command exists, with the options that are shown', () => {
  const program = new Command();
  addCatalogCommands(program);
  const commands = program.commands[0]?.commands ?? [];
  const lines = blocks('sh').flatMap((text) => text.split('\n').filter((line) => line.startsWith('lanspread')));
  assert.ok(lines.length >= 9);
  for (const line of lines) {
    const [, group, name] = line.split(' ');
    assert.is(group, 'catalog');
    const command = commands.find((each) => each.name() === name);
    assert.ok(command, line);
    for (const [option] of line.matchAll(/--[a-z-]+/g))
      assert.ok(
        command?.options.some(({ long }) => long === option),
        `${line}: ${option}`,
      );
  }
});

test('the folders of the example are folders that can be granted', () => {
  const [, json = ''] = /configure \S+ '(.*)'/.exec(page) ?? [];
  // The example is of Linux; on Windows the same folders have a drive.
  const isWindows = process.platform === 'win32';
  const example = isWindows ? json.replaceAll('"/', '"D:/') : json;
  const patterns = folderPatternsOf(JSON.parse(example), [{ name: 'folders', isList: true }]);
  assert.equal(patterns, isWindows ? ['D:\\media\\*\\*', 'D:\\srv\\lists'] : ['/media/*/*', '/srv/lists']);
});

test('the limits are those of the code', () => {
  const mib = 1024 * 1024;
  const { fileBytes, games, revocations, coverBytes } = catalogLimits;
  const number = new Intl.NumberFormat('en');
  const told = page.replaceAll(/\s+/g, ' ');
  assert.match(told, `${fileBytes / mib} MiB a file, ${number.format(games)} games`);
  assert.match(told, `${number.format(revocations)} revocations`);
  const side = number.format(pictureLimits.side);
  assert.match(told, `${coverBytes / mib} MiB and ${side} × ${side} pixels a cover`);
});

test.run();
