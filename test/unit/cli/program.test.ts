import { readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf, findProgram } from '../../../app/cli/program.mjs';
import { tempDir } from '../../support/temp.ts';

const test = suite('what runs');

/** A repository with two source files and a bundle made from them. */
async function bundledIn(root: string): Promise<void> {
  const sources = ['app/cli/main.ts', 'app/core/core.ts'];
  await mkdir(join(root, 'app/cli'), { recursive: true });
  await mkdir(join(root, 'app/core'));
  await mkdir(join(root, 'app/dist'));
  await writeFile(join(root, 'package.json'), JSON.stringify({ dependencies: { zod: '1.0.0' } }));
  for (const path of sources) await writeFile(join(root, path), `// ${path}`);
  const digest = digestOf(sources, (path) => readFileSync(join(root, path)));
  await writeFile(join(root, 'app/dist/program.json'), JSON.stringify({ digest, folder: 'f', sources }));
}

test('is the bundle made from the sources as they are', async () => {
  await using directory = await tempDir('program');
  await bundledIn(directory.path);
  const { url, isBundle } = findProgram(directory.path);
  assert.ok(isBundle);
  assert.match(url, /\/app\/dist\/f\/main\.mjs$/);
});

test('is the sources where no bundle was made', async () => {
  await using directory = await tempDir('program');
  const { url, isBundle } = findProgram(directory.path);
  assert.not(isBundle);
  assert.match(url, /\/app\/cli\/main\.ts$/);
});

const changes: Record<string, (root: string) => Promise<void>> = {
  'a source is another': (root) => writeFile(join(root, 'app/core/core.ts'), '// another'),
  'a source is gone': (root) => rm(join(root, 'app/core/core.ts')),
  'a package has another version': async (root) => {
    const path = join(root, 'package.json');
    await writeFile(path, (await readFile(path, 'utf8')).replace('1.0.0', '1.0.1'));
  },
  'it is half told': (root) => writeFile(join(root, 'app/dist/program.json'), '{"digest"'),
};
for (const [what, change] of Object.entries(changes)) {
  test(`is the sources when ${what}`, async () => {
    await using directory = await tempDir('program');
    await bundledIn(directory.path);
    await change(directory.path);
    assert.not(findProgram(directory.path).isBundle);
  });
}

test.run();
