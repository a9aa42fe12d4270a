/** A peer may name an extension; nothing that comes from the network can bring one here or run it. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { commandSchemas } from '../../../app/core/rpc/index.ts';
import { isAllowedWhileLocked } from '../../../app/core/rpc/locked-commands.ts';

const core = fileURLToPath(new URL('../../../app/core', import.meta.url));
/** Everything that reads what peers send. */
const facingPeers = ['protocol', 'peers', 'transfer', 'library', 'catalog'];

/** Every module that these import, directly or not. */
function reachable(from: readonly string[]): Set<string> {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    // What only types are imported from does not run.
    const imports =
      /(?:^|\n)(?:import|export)(?! type) [^;]*?from '(\.[^']+)'|import\('(\.[^']+)'\)|new URL\('(\.[^']+\.ts)'/g;
    for (const [, one, two, three] of readFileSync(path, 'utf8').matchAll(imports))
      visit(resolve(dirname(path), one ?? two ?? three ?? ''));
  };
  for (const path of from) visit(path);
  return found;
}

test('nothing that reads what peers send reaches the store, the host or the packages of extensions', () => {
  const sources = facingPeers.flatMap((folder) =>
    globSync(`${folder}/**/*.ts`, { cwd: core }).map((path) => join(core, path)),
  );
  assert.ok(sources.length > 100, `${sources.length} sources`);
  const bad = [...reachable(sources)].filter((path) => path.startsWith(join(core, 'extensions')));
  assert.equal(bad, []);
});

test('the same look at the core itself does find them', () => {
  const found = reachable([join(core, 'core.ts')]);
  assert.ok(found.has(join(core, 'extensions/store/extension-store.ts')));
});

test('whoever sits at a locked kiosk cannot touch extensions', () => {
  const commands = Object.keys(commandSchemas) as (keyof typeof commandSchemas)[];
  const ofExtensions = commands.filter((name) => name.startsWith('extensions.') && !/list|themes/.test(name));
  assert.is(ofExtensions.length, 4);
  for (const name of ofExtensions) assert.not.ok(isAllowedWhileLocked(name, ['play', 'get']), name);
});

test.run();
