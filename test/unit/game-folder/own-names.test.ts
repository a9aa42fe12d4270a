import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { asidePrefix, isReservedRootName, ownNames } from '../../../app/core/base/index.ts';
import { layoutOf } from '../../../app/core/game-folder/index.ts';
import { readModule } from '../../../build/structure/read-module.ts';

const core = fileURLToPath(new URL('../../../app/core', import.meta.url));

test('the names of a game folder are spelled in one file', () => {
  const names: string[] = Object.values(ownNames);
  const elsewhere = globSync('**/*.ts', { cwd: core })
    .filter((path) => !path.endsWith('own-names.ts'))
    .flatMap((path) => {
      const { strings } = readModule(path, readFileSync(join(core, path), 'utf8'));
      return strings
        .filter((text) => names.includes(text) || text.startsWith(asidePrefix))
        .map((text) => `${path}: ${text}`);
    });
  assert.equal(elsewhere, []);
});

test('all of them are reserved, in any spelling', () => {
  for (const name of [...Object.values(ownNames), `${asidePrefix}2026-01-01`]) {
    assert.ok(isReservedRootName(name), name);
    assert.ok(isReservedRootName(name.toUpperCase()), name.toUpperCase());
  }
});

test('every place in a game folder is directly in it', () => {
  const { root, ...places } = layoutOf(join('games', 'zork'));
  for (const path of Object.values(places)) assert.is(join(path, '..'), root);
});

test.run();
