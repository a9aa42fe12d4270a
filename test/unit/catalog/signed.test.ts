import { mkdir, rm, writeFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError } from '../../../app/core/base/index.ts';
import { openCatalog, type Catalog } from '../../../app/core/catalog/index.ts';
import { openState, type State } from '../../../app/core/state/index.ts';
import { generateKeyPair, parseSecretKey, signBytes, Trust, type NewKeyPair } from '../../../app/core/trust/index.ts';
import { tempDir, type TempDir } from '../../support/temp.ts';

interface Desk {
  state: State;
  catalog: Catalog;
  trust: Trust;
  folder: TempDir;
  cafe: NewKeyPair;
  options: { requireSigned: boolean; keys: string[] };
  /** Writes a catalog, signed by the key if there is one; gives its path. */
  put: (name: string, content: Record<string, unknown>, key?: NewKeyPair) => Promise<string>;
  changes: () => number;
}

async function atDesk(work: (desk: Desk) => Promise<void>): Promise<void> {
  await using home = await tempDir('state');
  await using folder = await tempDir('signed');
  using state = openState({ directory: home.path }).state;
  const options: Desk['options'] = { requireSigned: false, keys: [] };
  await mkdir(folder.join('certs'));
  const trust = new Trust({ directories: [folder.join('certs')], keys: () => options.keys });
  const catalog = openCatalog({ state, trust, requireSigned: () => options.requireSigned });
  let count = 0;
  using _listening = catalog.onDidChange(() => (count += 1));
  const cafe = generateKeyPair();
  const put: Desk['put'] = async (name, content, key) => {
    const path = folder.join(`${name}.json`);
    const bytes = Buffer.from(JSON.stringify({ formatVersion: 1, name, games: [], ...content }));
    await writeFile(path, bytes);
    await rm(`${path}.sig`, { force: true });
    if (key) await writeFile(`${path}.sig`, signBytes(parseSecretKey(key.secretPem), bytes));
    return path;
  };
  await work({ state, catalog, trust, folder, cafe, options, put, changes: () => count });
}

const game = (id: string): Record<string, unknown> => ({ id, title: `The ${id}`, version: '1' });

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return error instanceof LanspreadError ? error.code : String(error);
  }
  return 'accepted';
}

test('a catalog signed by a key in the folder of anchors is shown with its name', () =>
  atDesk(async ({ catalog, folder, cafe, put }) => {
    await writeFile(folder.join('certs/cafe.pub'), cafe.publicPem);
    const source = await catalog.importFile(await put('Party', { games: [game('quake')] }, cafe));
    assert.is(source.signed, true);
    assert.equal(source.signedBy, { name: 'cafe', fingerprint: cafe.publicKey.fingerprint });
  }));

test('a wrong signature is refused, required or not, and what was there stays', () =>
  atDesk(async ({ catalog, folder, cafe, options, put, changes }) => {
    await writeFile(folder.join('certs/cafe.pub'), cafe.publicPem);
    await catalog.importFile(await put('Party', { games: [game('quake')] }, cafe));
    for (const requireSigned of [false, true]) {
      options.requireSigned = requireSigned;
      const byStranger = await put('Party', { games: [game('doom')] }, generateKeyPair());
      assert.is(await codeOf(catalog.importFile(byStranger)), 'SIGNATURE_INVALID');
      const path = await put('Party', { games: [game('doom')] }, cafe);
      await writeFile(path, JSON.stringify({ formatVersion: 1, name: 'Party', games: [game('virus')] }));
      assert.is(await codeOf(catalog.importFile(path)), 'SIGNATURE_INVALID');
      for (const noSignature of ['', 'hello', 'x'.repeat(100_000)]) {
        await writeFile(`${path}.sig`, noSignature);
        assert.is(await codeOf(catalog.importFile(path)), 'SIGNATURE_INVALID');
      }
      await rm(`${path}.sig`);
      await mkdir(`${path}.sig`);
      assert.is(await codeOf(catalog.importFile(path)), 'SIGNATURE_INVALID');
      await rm(`${path}.sig`, { recursive: true });
    }
    assert.equal(
      catalog.all().map(({ id }) => id),
      ['quake'],
    );
    assert.is(changes(), 1);
  }));

test('an unsigned catalog is refused while signatures are required', () =>
  atDesk(async ({ catalog, options, put }) => {
    options.requireSigned = true;
    const path = await put('Party', { games: [game('quake')] });
    assert.is(await codeOf(catalog.importFile(path)), 'CATALOG_UNSIGNED');
    options.requireSigned = false;
    assert.is((await catalog.importFile(path)).signed, false);
  }));

test('requiring signatures takes unsigned sources out of use at once, and back', () =>
  atDesk(async ({ catalog, state, trust, cafe, options, put, changes }) => {
    options.keys = [cafe.publicKey.hex];
    await catalog.importFile(await put('Signed', { games: [game('quake')] }, cafe));
    await catalog.importFile(await put('Plain', { games: [game('doom')] }));
    options.requireSigned = true;
    catalog.reconsider();
    assert.ok(catalog.has('quake'));
    assert.is(catalog.has('doom'), false);
    assert.equal(catalog.search('doom'), []);
    assert.equal(
      catalog.sources().map(({ inUse }) => inUse),
      [true, false],
    );
    assert.is(changes(), 3);
    catalog.reconsider();
    assert.is(changes(), 3, 'nothing new is no news');
    // A restart finds what the settings say then.
    const strict = openCatalog({ state, trust, requireSigned: () => true });
    assert.is(strict.has('doom'), false);
    assert.ok(openCatalog({ state, trust }).has('doom'));
    options.requireSigned = false;
    catalog.reconsider();
    assert.ok(catalog.has('doom'));
  }));

test('a key that is taken away leaves its catalogs unsigned, and one that comes back signed', () =>
  atDesk(async ({ catalog, trust, folder, cafe, options, put }) => {
    options.requireSigned = true;
    await writeFile(folder.join('certs/cafe.pub'), cafe.publicPem);
    await catalog.importFile(await put('Party', { games: [game('quake')] }, cafe));
    await rm(folder.join('certs/cafe.pub'));
    await trust.load();
    catalog.reconsider();
    assert.is(catalog.has('quake'), false);
    const [source] = catalog.sources();
    assert.equal(source?.signedBy, { name: undefined, fingerprint: cafe.publicKey.fingerprint });
    assert.is(source?.signed, false);
    options.keys = [cafe.publicPem];
    catalog.reconsider();
    assert.ok(catalog.has('quake'));
    assert.is(catalog.sources()[0]?.signedBy?.name, 'settings');
  }));

test('a catalog that was signed and is no more, or is older than before, says so', () =>
  atDesk(async ({ catalog, cafe, options, put }) => {
    options.keys = [cafe.publicKey.hex];
    await catalog.importFile(await put('Party', { issued: '2026-02-01' }, cafe));
    const { warnings } = await catalog.importFile(await put('Party', { issued: '2026-01-01' }));
    assert.is(warnings.length, 2);
    assert.match(warnings[0] ?? '', 'signed until now');
    assert.match(warnings[1] ?? '', 'older');
  }));

test('a revoked game is in no source, whatever the order; the revocation goes with its source', () =>
  atDesk(async ({ catalog, put }) => {
    const list = await catalog.importFile(await put('List', { games: [game('quake'), game('doom')] }));
    const revoker = await catalog.importFile(await put('Warning', { revoked: ['QUAKE', 'quake', 'nobody'] }));
    assert.is(revoker.revokedCount, catalog.sources()[1]?.revokedCount);
    assert.equal(
      catalog.all().map(({ id }) => id),
      ['doom'],
    );
    assert.equal(catalog.search('quake'), []);
    catalog.orderSources([list.id, revoker.id]);
    assert.is(catalog.has('quake'), false);
    await catalog.removeSource(revoker.id);
    assert.ok(catalog.has('quake'));
  }));

test('an unsigned catalog revokes nothing of a signed one; a signed one revokes everywhere', () =>
  atDesk(async ({ catalog, cafe, options, put }) => {
    options.keys = [cafe.publicKey.hex];
    await catalog.importFile(await put('Cafe', { games: [game('quake')] }, cafe));
    await catalog.importFile(await put('Plain', { games: [game('doom')], revoked: ['quake'] }));
    assert.ok(catalog.has('quake'));
    await catalog.importFile(await put('Revoker', { revoked: ['quake', 'doom'] }, cafe));
    assert.equal(catalog.all(), []);
    // Signatures that count no more make all three equal.
    options.keys = [];
    options.requireSigned = true;
    catalog.reconsider();
    assert.equal(catalog.all(), []);
    options.requireSigned = false;
    catalog.reconsider();
    assert.equal(catalog.all(), []);
  }));

test.run();
