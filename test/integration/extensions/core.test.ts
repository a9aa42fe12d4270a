/** Extensions in a running core, over the commands and events that the UI and programs use. */
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError, nodeFileSystem, silentLogger } from '../../../app/core/base/index.ts';
import { startCore, type CoreHandle, type CoreOptions } from '../../../app/core/core.ts';
import { packFolder, signPackage } from '../../../app/core/extensions/index.ts';
import type { CoreEvent, CoreEventName } from '../../../app/core/rpc/index.ts';
import type { ExtensionView } from '../../../app/core/extensions/index.ts';
import { generateKeyPair, parseSecretKey } from '../../../app/core/trust/index.ts';
import { packCrate } from '../../../fixtures/extensions/crate/src/crate-format.ts';
import { writeCatalog } from '../../support/catalogs.ts';
import { eventually, until } from '../../support/eventually.ts';
import { writeExtension } from '../../support/extensions.ts';
import { tempDir, type TempDir } from '../../support/temp.ts';

const crateFolder = fileURLToPath(new URL('../../../fixtures/extensions/crate', import.meta.url));
const readme = Buffer.from('Hello from a crate.\n');
const map = Buffer.from('~'.repeat(200_000));

interface Lab extends AsyncDisposable {
  readonly temp: TempDir;
  readonly core: CoreHandle;
  readonly events: readonly CoreEvent[];
  next<Name extends CoreEventName>(
    name: Name,
    fits?: (event: CoreEvent & { event: Name }) => boolean,
  ): Promise<CoreEvent & { event: Name }>;
  extension(id: string): Promise<ExtensionView | undefined>;
}

async function startLab(temp: TempDir, options: Partial<CoreOptions> = {}): Promise<Lab> {
  const games = temp.join('games');
  await mkdir(join(games, 'crated'), { recursive: true });
  await writeFile(
    join(games, 'crated', 'crated.crate'),
    packCrate([{ path: 'readme.txt', bytes: readme }, { path: 'maps' }, { path: 'maps/a.map', bytes: map }]),
  );
  await writeFile(join(games, 'crated', 'version.ini'), '1');
  await mkdir(join(games, 'booming'), { recursive: true });
  await writeFile(join(games, 'booming', 'booming.boom'), 'BOOM');
  await writeFile(join(games, 'booming', 'version.ini'), '1');
  const entries = ['crated', 'booming'].map((id) => ({ id, title: id, version: '1' }));
  await writeCatalog(temp.join('catalog.json'), entries);
  const core = await startCore({
    stateDir: temp.join('state'),
    gamesDir: games,
    listen: ['127.0.0.1'],
    discovery: false,
    catalogFiles: [temp.join('catalog.json')],
    logger: silentLogger,
    ...options,
  });
  const events: CoreEvent[] = [];
  core.events((event) => events.push(event));
  return {
    temp,
    core,
    events,
    next: (name, fits = () => true) =>
      eventually(
        `the event ${name}`,
        () =>
          // `name` is what `find` compares with; it cannot tell the type so.
          events.find((event) => event.event === name && fits(event as never)) as never,
      ),
    extension: async (id) =>
      (await core.commands.invoke('extensions.list', {})).extensions.find((extension) => extension.id === id),
    [Symbol.asyncDispose]: () => core.stop(),
  };
}

async function packCrates(temp: TempDir, sign?: ReturnType<typeof parseSecretKey>): Promise<string> {
  const { bytes } = await packFolder(nodeFileSystem, crateFolder);
  const path = temp.join('crate.lanx');
  await writeFile(path, sign ? signPackage(bytes, sign) : bytes);
  return path;
}

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof LanspreadError) return error.code;
    throw error;
  }
  return 'accepted';
}

test('an installed extension opens a game that nothing could open before, and nothing does once it is off', async () => {
  await using temp = await tempDir('extensions-core');
  await using lab = await startLab(temp);
  const { commands } = lab.core;
  const installed = temp.join('games', 'crated', 'local');
  const finished = () => lab.events.filter(({ event }) => event === 'install-finished').length;
  const isUnpacked = () => existsSync(join(installed, 'readme.txt'));
  await commands.invoke('install', { gameId: 'crated' });
  await until('installed as it lies there', () => finished() === 1);
  assert.not.ok(isUnpacked(), 'to the launcher alone it is a file like any other');
  await commands.invoke('uninstall', { gameId: 'crated' });
  await lab.next('uninstall-finished');

  const { accepted, status, trust } = await commands.invoke('extensions.install', { path: await packCrates(temp) });
  assert.equal({ accepted, status, trust }, { accepted: true, status: 'installed', trust: 'sideloaded' });
  const told = await lab.next('extensions-changed');
  assert.equal(
    told.extensions.map(({ id, enabled }) => ({ id, enabled })),
    [{ id: 'examples.crate', enabled: true }],
  );
  assert.is((await lab.extension('examples.crate'))?.running, false, 'nothing runs before it is needed');

  await commands.invoke('install', { gameId: 'crated' });
  await until('unpacked', () => finished() === 2);
  assert.ok((await readFile(join(installed, 'readme.txt'))).equals(readme));
  assert.ok((await readFile(join(installed, 'maps/a.map'))).equals(map));
  assert.is((await lab.extension('examples.crate'))?.running, true);

  await commands.invoke('uninstall', { gameId: 'crated' });
  await until('gone', () => !isUnpacked());
  await commands.invoke('extensions.disable', { id: 'examples.crate' });
  await until('its process has ended', async () => (await lab.extension('examples.crate'))?.running === false);
  await until('free', async () => (await commands.invoke('status', {})).operations.length === 0);
  await commands.invoke('install', { gameId: 'crated' });
  await until('installed as it lies there', () => finished() === 3);
  assert.not.ok(isUnpacked());

  await commands.invoke('extensions.remove', { id: 'examples.crate' });
  assert.is(await lab.extension('examples.crate'), undefined);
  assert.not.ok(existsSync(temp.join('state', 'extensions', 'examples.crate')));
});

test('an extension that crashes is named, and the third time it is off; the core and the others go on', async () => {
  await using temp = await tempDir('extensions-core');
  const directory = await writeExtension(
    temp.join('boom'),
    {
      name: 'boom',
      displayName: 'Boom',
      contributes: { unpackers: [{ id: 'boom', label: 'Boom', match: { extensions: ['.boom'] } }] },
    },
    {
      'main.js': `export function activate(context) {
        context.registerUnpacker('boom', {
          probe: async () => 100, list: async () => process.exit(3), plan: async () => undefined });
      }`,
    },
  );
  await using lab = await startLab(temp);
  const { commands } = lab.core;
  await commands.invoke('extensions.install', { path: directory });
  await commands.invoke('extensions.install', { path: await packCrates(temp) });
  const failures = () => lab.events.filter(({ event }) => event === 'install-failed').length;
  for (let crash = 1; crash <= 3; crash += 1) {
    await commands.invoke('install', { gameId: 'booming' });
    await until(`crash ${crash}`, () => failures() === crash);
  }
  const off = await lab.next('extension-failed', ({ disabled }) => disabled);
  assert.is(off.extensionId, 'acme.boom');
  const failed = lab.events.filter((event) => event.event === 'install-failed');
  assert.is(failed.length, 3);
  for (const event of failed) assert.match(JSON.stringify(event), 'Boom', 'the failure names who failed');
  const boom = await lab.extension('acme.boom');
  assert.is(boom?.enabled, false);
  assert.is(boom?.crashes, 3);
  assert.match(boom?.lastError?.message ?? '', 'Boom');
  await commands.invoke('install', { gameId: 'crated' });
  await lab.next('install-finished');
  await commands.invoke('extensions.enable', { id: 'acme.boom' });
  assert.is((await lab.extension('acme.boom'))?.enabled, true, 'the player gives it another chance');
});

test('what it asks for is a question over RPC, and a key laid into the settings makes it signed', async () => {
  await using temp = await tempDir('extensions-core');
  await using lab = await startLab(temp);
  const { commands } = lab.core;
  const directory = await writeExtension(temp.join('net'), { permissions: { net: ['https://a.example'] } });
  const key = parseSecretKey(generateKeyPair().secretPem);
  const { bytes } = await packFolder(nodeFileSystem, directory);
  const path = temp.join('net.lanx');
  await writeFile(path, signPackage(bytes, key));
  const asked = await commands.invoke('extensions.install', { path });
  assert.equal([asked.accepted, asked.status, asked.added.hosts], [false, 'needs-consent', ['https://a.example']]);
  assert.is(asked.fingerprint, key.publicKey.fingerprint);
  assert.is(await lab.extension('acme.toy'), undefined);
  const installed = await commands.invoke('extensions.install', { path, consent: asked.hash });
  assert.equal([installed.status, installed.trust], ['installed', 'sideloaded']);
  await commands.invoke('settings.set', { name: 'trustedKeys', value: [key.publicKey.hex] });
  assert.is((await lab.extension('acme.toy'))?.trust, 'signed');
  await commands.invoke('settings.set', { name: 'trustedKeys', value: [] });
  assert.is((await lab.extension('acme.toy'))?.trust, 'sideloaded');
  // A key that somebody lays into the folder by hand, while Lanspread runs.
  const before = lab.events.length;
  await mkdir(temp.join('state', 'certs'), { recursive: true });
  await writeFile(temp.join('state', 'certs', 'acme.pub'), key.publicKey.hex);
  await until('an event tells that it is signed now', () =>
    lab.events
      .slice(before)
      .some(
        (event) =>
          event.event === 'extensions-changed' &&
          event.extensions.some(({ id, trust }) => id === 'acme.toy' && trust === 'signed'),
      ),
  );
  for (const [name, params] of Object.entries({
    'extensions.enable': { id: 'acme.none' },
    'extensions.disable': { id: 'acme.none' },
    'extensions.remove': { id: 'acme.none' },
  }))
    assert.is(await refusal(commands.invokeUnknown(name, params)), 'UNKNOWN_EXTENSION');
  assert.is(
    await refusal(commands.invoke('extensions.install', { path: temp.join('none.lanx') })),
    'EXTENSION_INVALID',
  );
  assert.is(await refusal(commands.invokeUnknown('extensions.install', { path: 7 })), 'BAD_REQUEST');
});

test('themes of enabled extensions are told, and the order of the user holds for unpackers', async () => {
  await using temp = await tempDir('extensions-core');
  await using lab = await startLab(temp);
  const { commands } = lab.core;
  await commands.invoke('extensions.install', { path: await packCrates(temp) });
  const { themes } = await commands.invoke('extensions.themes', {});
  assert.equal(
    themes.map(({ id, base }) => ({ id, base })),
    [{ id: 'examples.pine', base: 'dark' }],
  );
  await commands.invoke('extensions.install', { path: await writeExtension(temp.join('toy')) });
  const ids = async () => (await commands.invoke('extensions.list', {})).extensions.map(({ id }) => id);
  assert.equal(await ids(), ['acme.toy', 'examples.crate']);
  await commands.invoke('settings.set', { name: 'extensionOrder', value: ['examples.crate'] });
  assert.equal(await ids(), ['examples.crate', 'acme.toy']);
});

test('what an extension stores lies in the state directory, bounded, and is there after a restart of the core', async () => {
  await using temp = await tempDir('extensions-core');
  const directory = await writeExtension(
    temp.join('count'),
    {
      name: 'count',
      displayName: 'Count',
      contributes: { unpackers: [{ id: 'count', label: 'Count', match: { extensions: ['.boom'] } }] },
    },
    {
      'main.js': `export function activate({ storage, registerUnpacker }) {
        registerUnpacker('count', {
          probe: async () => 100,
          list: async () => {
            await storage.set('listed', ((await storage.get('listed')) ?? 0) + 1);
            const refused = await storage.set('big', 'x'.repeat(2_000_000)).then(() => 'taken', () => 'refused');
            await storage.set('big', refused);
            return [{ path: 'a.txt', sizeBytes: 0, kind: 'file' }];
          },
          plan: async () => ({ kind: 'sink', write: (sink) => sink.file('a.txt', new Uint8Array()) }),
        });
      }`,
    },
  );
  const stored = async () => JSON.parse(await readFile(temp.join('state/extensions/acme.count/storage.json'), 'utf8'));
  let before = 0;
  for (const round of [1, 2]) {
    await using lab = await startLab(temp);
    const { commands } = lab.core;
    if (round === 1) await commands.invoke('extensions.install', { path: directory });
    await commands.invoke('install', { gameId: 'booming' });
    await lab.next('install-finished');
    const { listed, big } = await stored();
    assert.ok(listed > before, `${listed} after ${before}`);
    assert.is(big, 'refused');
    before = listed;
    await commands.invoke('uninstall', { gameId: 'booming' });
    await lab.next('uninstall-finished');
  }
});

test("an author's folder is loaded into the core, and again when it changes", async () => {
  await using temp = await tempDir('extensions-core');
  const directory = temp.join('crate');
  await cp(crateFolder, directory, { recursive: true });
  // Its types are imported by a path that does not matter when it runs.
  await using lab = await startLab(temp, { developmentExtensions: [{ directory }] });
  const before = await lab.extension('examples.crate');
  assert.equal([before?.origin, before?.trust, before?.version], ['development', 'sideloaded', '1.0.0']);
  const manifest = await readFile(join(directory, 'package.json'), 'utf8');
  await writeFile(join(directory, 'package.json'), manifest.replace('"1.0.0"', '"1.1.0"'));
  await until('the new version', async () => (await lab.extension('examples.crate'))?.version === '1.1.0');
  await lab.core.commands.invoke('install', { gameId: 'crated' });
  await lab.next('install-finished');
});

test.run();
