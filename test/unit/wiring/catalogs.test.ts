/** Catalogs as the core opens them: keys and settings take effect while it runs. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { nodeFileSystem, silentLogger, systemClock } from '../../../app/core/base/index.ts';
import { openCatalogs, type Catalogs } from '../../../app/core/wiring/catalogs.ts';
import { defaultSettings, SettingsStore } from '../../../app/core/settings/index.ts';
import { openState } from '../../../app/core/state/index.ts';
import { generateKeyPair, parseSecretKey, signBytes } from '../../../app/core/trust/index.ts';
import { until } from '../../support/eventually.ts';
import { FullStateDisk } from '../../support/full-state-disk.ts';
import { tempDir, type TempDir } from '../../support/temp.ts';

interface Core extends Catalogs {
  settings: SettingsStore;
  events: string[];
  /** What the database lies on. */
  disk: FullStateDisk;
}

async function inState(folder: TempDir, work: (core: Core) => Promise<void>): Promise<void> {
  await using owner = new AsyncDisposableStack();
  const stateDir = folder.join('state');
  const disk = new FullStateDisk();
  const state = owner.use(disk.wrap(openState({ directory: stateDir }).state));
  const settings = new SettingsStore(state.settings, defaultSettings(stateDir));
  const events: string[] = [];
  const catalogs = await openCatalogs({
    stateDir,
    state,
    settings,
    emit: ({ event }) => void events.push(event),
    fileSystem: nodeFileSystem,
    clock: systemClock,
    logger: silentLogger,
    owner,
  });
  await work({ ...catalogs, settings, events, disk });
}

test('keys laid into certs/ or set, and signatures required or not, count at once and after a restart', async () => {
  await using folder = await tempDir('core-catalogs');
  const cafe = generateKeyPair();
  const bytes = Buffer.from('{"formatVersion":1,"name":"Cafe","games":[{"id":"quake","title":"Q","version":"1"}]}');
  await writeFile(folder.join('cafe.json'), bytes);
  await writeFile(folder.join('cafe.json.sig'), signBytes(parseSecretKey(cafe.secretPem), bytes));
  await inState(folder, async ({ catalog, settings, events }) => {
    settings.set('trustedKeys', [cafe.publicPem]);
    await catalog.importFile(folder.join('cafe.json'));
    settings.set('requireSignedCatalogs', true);
    assert.ok(catalog.has('quake'));
    settings.set('trustedKeys', []);
    assert.is(catalog.has('quake'), false, 'without its key it is unsigned, at once');
    await mkdir(folder.join('state/certs'));
    await writeFile(folder.join('state/certs/cafe.pub'), cafe.publicPem);
    await until('the key in the folder is seen', () => catalog.has('quake'), { limitMs: 10_000 });
    assert.is(catalog.sources()[0]?.signedBy?.name, 'cafe');
    assert.ok(events.includes('catalogs-changed'));
  });
  await rm(folder.join('state/certs'), { recursive: true });
  await inState(folder, async ({ catalog, settings }) => {
    assert.is(catalog.has('quake'), false, 'the key went while nobody looked');
    settings.set('requireSignedCatalogs', false);
    assert.ok(catalog.has('quake'));
    assert.is(catalog.sources()[0]?.signed, false);
  });
});

test('the configuration of a live source is a setting, whoever sets it', async () => {
  await using folder = await tempDir('core-catalogs');
  await inState(folder, async ({ catalog, live, settings }) => {
    const seen: unknown[] = [];
    live.set([
      {
        id: 'acme.lists/list',
        label: 'ACME',
        version: '1',
        enabled: true,
        schema: { type: 'object', properties: { club: { type: 'string' } }, required: ['club'] },
        page: async ({ configuration }) => {
          seen.push(configuration);
          return { games: [{ id: `g${seen.length}`, title: 'G', version: '1' }] };
        },
      },
    ]);
    live.configure('acme.lists/list', { club: 'one' });
    await until('it is asked', () => catalog.has('g1'));
    assert.equal(settings.get('catalogSources'), { 'acme.lists/list': { club: 'one' } });
    settings.set('catalogSources', { 'acme.lists/list': { club: 'two' } });
    await until('it is asked again', () => catalog.has('g2'));
    assert.equal(seen, [{ club: 'one' }, { club: 'two' }]);
    for (const wrong of [{ nobody: 1 }, { '__proto__/x': {} }, { 'a b/c': {} }])
      assert.throws(() => settings.set('catalogSources', wrong));
    assert.equal(settings.get('trustedKeys'), []);
    assert.throws(() => settings.set('trustedKeys', ['no key']));
  });
});

test('a key that goes while the disk of the database is full ends nothing', async () => {
  await using folder = await tempDir('core-catalogs');
  const cafe = generateKeyPair();
  const bytes = Buffer.from('{"formatVersion":1,"name":"Cafe","games":[{"id":"quake","title":"Q","version":"1"}]}');
  await writeFile(folder.join('cafe.json'), bytes);
  await writeFile(folder.join('cafe.json.sig'), signBytes(parseSecretKey(cafe.secretPem), bytes));
  await mkdir(folder.join('state/certs'), { recursive: true });
  const key = folder.join('state/certs/cafe.pub');
  await writeFile(key, cafe.publicPem);
  await inState(folder, async ({ catalog, trust, disk }) => {
    await catalog.importFile(folder.join('cafe.json'));
    const isSigned = (): boolean | undefined => catalog.sources()[0]?.signed;
    disk.isFull = true;
    await rm(key);
    await trust.load();
    assert.ok(disk.refused.includes('catalog.setStanding'));
    assert.is(isSigned(), true, 'as it was');
    disk.isFull = false;
    await writeFile(key, cafe.publicPem);
    await trust.load();
    await rm(key);
    await trust.load();
    assert.is(isSigned(), false, 'the next change counts');
  });
});

test.run();
