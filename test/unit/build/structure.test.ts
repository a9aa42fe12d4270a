import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { layerBreak } from '../../../build/layers.ts';
import {
  compareWithAllowed,
  findAll,
  findCircles,
  findDoubledNames,
  findUnusedExports,
  findUnusedPackages,
  importEdges,
} from '../../../build/structure/findings.ts';
import { readModule } from '../../../build/structure/read-module.ts';

/** Sources by path, read as the check reads them. */
function modulesOf(sources: Record<string, string>) {
  return new Map(Object.entries(sources).map(([path, text]) => [path, readModule(path, text)]));
}

test('a module is read by its syntax: what it takes, passes on, declares', () => {
  const module = readModule(
    'app/core/base/x.ts',
    `import plain, { a as b, type C } from './a.ts';
     import * as all from './all.ts';
     import './effect.ts';
     export { d as e } from './d.ts';
     export type * from './types.ts';
     const late = await import('./late.ts');
     // import { not } from './comment.ts'
     const text = "export { no } from './string.ts'";
     const own = 1;
     export { own };
     export const [one] = [1], two = 2;
     export function three() {}
     export class Four {}
     export interface Five {}
     export type Six = number;
     export default plain;`,
  );
  assert.equal(module.imports, [
    { specifier: './a.ts', names: ['default', 'a', 'C'] },
    { specifier: './all.ts', names: undefined },
    { specifier: './effect.ts', names: [] },
    { specifier: './late.ts', names: undefined },
  ]);
  assert.equal(module.passedOn, [
    { specifier: './d.ts', names: new Map([['e', 'd']]) },
    { specifier: './types.ts', names: undefined },
  ]);
  assert.equal(module.declares, ['own', 'two', 'three', 'Four', 'Five', 'Six', 'default']);
});

test('a component is read by its scripts', () => {
  const module = readModule(
    'app/ui/X.svelte',
    `<script lang="ts" module>import { a } from './a.ts';</script>
     <script lang="ts">import { b } from './b.ts';</script>
     <p>import {'{'} c {'}'} from './c.ts'</p>`,
  );
  assert.equal(
    module.imports.map(({ specifier }) => specifier),
    ['./a.ts', './b.ts'],
  );
});

test('files that import each other are a circle, also by types and by way of others', () => {
  const edges = importEdges(
    modulesOf({
      'a.ts': `import type { B } from './b.ts';`,
      'b.ts': `export { c } from './c.ts';`,
      'c.ts': `await import('./a.ts');`,
      'd.ts': `import './a.ts';`,
      'e.ts': `import './e.ts';`,
    }),
  );
  assert.equal(findCircles(edges), ['a.ts ↔ b.ts ↔ c.ts', 'e.ts']);
});

test('two circles that touch nowhere are two findings', () => {
  const edges = importEdges(
    modulesOf({
      'a.ts': `import './b.ts'; import './x.ts';`,
      'b.ts': `import './a.ts';`,
      'x.ts': `import './y.ts';`,
      'y.ts': `import './x.ts';`,
    }),
  );
  assert.equal(findCircles(edges), ['a.ts ↔ b.ts', 'x.ts ↔ y.ts']);
});

const allowedImports: [from: string, to: string][] = [
  ['app/core/blocks/serve/serve-gate.ts', 'app/core/lanes/index.ts'],
  ['app/core/blocks/serve/serve-gate.ts', 'app/core/blocks/schedule/block-runs.ts'],
  ['app/core/settings/settings.ts', 'app/core/base/portable.ts'],
  ['app/core/core.ts', 'app/core/wiring/ground.ts'],
  ['app/core/tools/catalog-tools.ts', 'app/core/wiring/catalogs.ts'],
  ['app/core/extensions/host/spawn.ts', 'app/extension-api/index.ts'],
  ['app/ui/main.ts', 'app/core/rpc/contract.ts'],
  ['app/cli/main.ts', 'app/core/core.ts'],
  ['app/cli/main.ts', 'app/core/tools/catalog-tools.ts'],
  ['test/unit/x.test.ts', 'app/core/peers/session/session.ts'],
];
for (const [from, to] of allowedImports)
  test(`${from} may import ${to}`, () => {
    assert.is(layerBreak(from, to), undefined);
  });

const forbiddenImports: [from: string, to: string, reason: RegExp][] = [
  ['app/core/lanes/types.ts', 'app/core/blocks/index.ts', /level 6.*blocks has 7/],
  ['app/core/lanes/tls/main/tls-lane.ts', 'app/core/blocks/index.ts', /level 6/],
  ['app/core/catalog/covers.ts', 'app/core/library/index.ts', /lower levels only/],
  ['app/core/blocks/download.ts', 'app/core/lanes/tls/worker/worker.ts', /entered by its index/],
  ['app/core/rpc/server.ts', 'app/core/core.ts', /no room imports it/],
  ['app/core/rpc/server.ts', 'app/core/nowhere/index.ts', /no level for nowhere/],
  ['app/core/rpc/server.ts', 'app/ui/main.ts', /no user interface/],
  ['app/core/core.ts', 'app/extensions/seven-zip/main.ts', /no user interface/],
  ['app/extensions/seven-zip/main.ts', 'app/core/base/index.ts', /extension-api alone/],
  ['app/extension-api/index.ts', 'app/core/base/index.ts', /extension-api alone/],
  ['app/ui/main.ts', 'app/core/settings/index.ts', /app\/core\/rpc/],
  ['app/cli/main.ts', 'app/core/wiring/options.ts', /app\/core\/rpc/],
];
for (const [from, to, reason] of forbiddenImports)
  test(`${from} may not import ${to}`, () => {
    assert.match(layerBreak(from, to) ?? '', reason);
  });

test('one exported name stands for one thing in the core; passing it on is no second one', () => {
  const modules = modulesOf({
    'app/core/a/x.ts': 'export interface Thing {} export const other = 1;',
    'app/core/b/y.ts': 'export type Thing = string;',
    'app/core/a/index.ts': `export { other } from './x.ts';`,
    'app/ui/z.ts': 'export type Thing = number;',
  });
  assert.equal(findDoubledNames(modules), ['Thing: app/core/a/x.ts, app/core/b/y.ts']);
});

test('an export counts as used when a file reads it, through doors and under other names', () => {
  const modules = modulesOf({
    'app/core/a/x.ts':
      'export const used = 1; export const starred = 2; export const unread = 3; export type Unread = 4;',
    'app/core/a/y.ts': 'export const renamed = 1; export const passedOnOnly = 2;',
    'app/core/a/index.ts': `export * from './x.ts'; export { renamed as told, passedOnOnly } from './y.ts';`,
    'app/core/b/z.ts': `import { used, starred, told } from '../a/index.ts';`,
  });
  assert.equal(findUnusedExports(modules), [
    'app/core/a/x.ts: Unread',
    'app/core/a/x.ts: unread',
    'app/core/a/y.ts: passedOnOnly',
  ]);
});

test('what a test reads is used, and so is what is taken as a whole', () => {
  const modules = modulesOf({
    'app/core/a/tested.ts': 'export const one = 1;',
    'app/core/a/late.ts': `export const two = 1; export { three } from './deep.ts';`,
    'app/core/a/deep.ts': 'export const three = 1; export const four = 1;',
    'app/cli/main.ts': `export async function main() { await import('../core/a/late.ts'); }`,
    'test/unit/a.test.ts': `import { one } from '../../app/core/a/tested.ts';`,
  });
  assert.equal(findUnusedExports(modules, ['app/cli/main.ts']), ['app/core/a/deep.ts: four']);
});

test('a package counts as used by its name in any string: an import, or a file of it that is looked up', () => {
  const modules = modulesOf({
    'app/a.ts': `import x from 'one'; import y from '@scope/two/part'; const p = resolve('three/bin');`,
    'app/b.ts': `// import 'four'\nimport 'five-more';`,
  });
  assert.equal(findUnusedPackages(modules, ['one', '@scope/two', 'three', 'four', 'five']), ['four', 'five']);
});

test('only what is not allowed yet fails, and what is cured can leave the list', () => {
  assert.equal(compareWithAllowed(['old', 'new'], ['old', 'gone']), { added: ['new'], cured: ['gone'] });
});

test('sound sources have no findings', () => {
  const modules = modulesOf({
    'app/core/base/x.ts': `import z from 'zod'; export const x = z;`,
    'app/core/base/index.ts': `export * from './x.ts';`,
    'app/core/rpc/y.ts': `import { x } from '../base/index.ts';`,
  });
  assert.equal(findAll(modules, { dependencies: ['zod'] }), {
    circles: [],
    layerBreaks: [],
    doubledNames: [],
    unusedExports: [],
    unusedPackages: [],
  });
});

test.run();
