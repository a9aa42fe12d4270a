import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { commandSchemas } from '../../../app/core/rpc/index.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const pages = ['README.md', 'CHANGELOG.md', ...globSync('docs/**/*.md', { cwd: root })];

test('every link to a file of the repository leads somewhere', () => {
  for (const page of pages) {
    for (const [, target = ''] of read(page).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      assert.ok(existsSync(join(root, dirname(page), target)), `${page} links to ${target}`);
    }
  }
});

test('the page on the JSONL harness names every command', () => {
  const page = read('docs/jsonl.md');
  for (const name of Object.keys(commandSchemas)) assert.ok(page.includes(`\`${name}\``), name);
});

test('the page on the JSONL harness names every event', () => {
  const page = read('docs/jsonl.md');
  const sources = read('app/core/rpc/contract.ts') + read('app/core/operations/events.ts');
  const lines = sources.split('\n').filter((line) => line.includes("event: '"));
  const names = lines.flatMap((line) =>
    Array.from(line.matchAll(/'([a-z]+(?:-[a-z]+)*)'/g), (match) => match[1] ?? ''),
  );
  assert.ok(names.length > 25, `${names.length} events were found`);
  for (const name of names) assert.ok(page.includes(name), name);
});

test.run();
