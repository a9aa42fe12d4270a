import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { blake3Hex, LanspreadError, nodeFileSystem, silentLogger } from '../../../app/core/base/index.ts';
import { signPackage } from '../../../app/core/extensions/package/index.ts';
import { ExtensionStore, type ExtensionStoreOptions } from '../../../app/core/extensions/store/index.ts';
import { openState, type State } from '../../../app/core/state/index.ts';
import { generateKeyPair, parseSecretKey, type SecretKey } from '../../../app/core/trust/index.ts';
import { packageEntries, writeExtension, type ManifestText } from '../../support/extensions.ts';
import { faultFileSystem, systemError } from '../../support/fault-file-system.ts';
import { rawZip, type RawEntry } from '../../support/raw-zip.ts';
import { tempDir, type TempDir } from '../../support/temp.ts';

const trusted = parseSecretKey(generateKeyPair().secretPem);
const stranger = parseSecretKey(generateKeyPair().secretPem);
const id = 'acme.toy';

interface Lab {
  readonly temp: TempDir;
  readonly state: State;
  /** A store on the same state and disk, as after a restart. */
  open(options?: Partial<ExtensionStoreOptions>): Promise<ExtensionStore>;
  /** Writes a package and says where. */
  lanx(changes?: ManifestText, options?: { key?: SecretKey; more?: RawEntry[] }): Promise<string>;
  installed(...parts: string[]): string;
}

async function withLab(work: (lab: Lab) => Promise<void>): Promise<void> {
  await using temp = await tempDir('extensions');
  await mkdir(temp.join('state'));
  using state = openState({ directory: temp.join('state') }).state;
  using stores = new DisposableStack();
  let count = 0;
  await work({
    temp,
    state,
    installed: (...parts) => temp.join('state', 'extensions', ...parts),
    async open(options = {}) {
      const store = stores.use(
        new ExtensionStore({
          directory: temp.join('state', 'extensions'),
          repository: state.extensions,
          signerName: (hex) => (hex === trusted.publicKey.hex ? 'acme' : undefined),
          logger: silentLogger,
          ...options,
        }),
      );
      await store.load();
      return store;
    },
    async lanx(changes = {}, { key, more } = {}) {
      const bytes = rawZip(packageEntries(changes, more));
      const path = temp.join(`${(count += 1)}.lanx`);
      await writeFile(path, key ? signPackage(bytes, key) : bytes);
      return path;
    },
  });
}

const withCode = (code: string) => (error: unknown) => error instanceof LanspreadError && error.code === code;
async function refusal(work: Promise<unknown>): Promise<LanspreadError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof LanspreadError) return error;
    throw error;
  }
  throw new Error('It was not refused.');
}
const net = (...hosts: string[]): ManifestText => ({ permissions: { net: hosts } });

test('an extension that asks for nothing is installed, on, and there after a restart', () =>
  withLab(async ({ open, lanx, installed }) => {
    const store = await open();
    const outcome = await store.install(await lanx());
    assert.is(outcome.status, 'installed');
    for (const known of [store.get(id), (await open()).get(id)]) {
      assert.is(known?.enabled, true);
      assert.is(known?.trust, 'sideloaded');
      assert.is(known?.directory, installed(id, '1.0.0'));
    }
    assert.ok(existsSync(installed(id, '1.0.0', 'main.js')));
    assert.equal(readdirSync(installed(id)), ['1.0.0']);
  }));

test('what it asks for is asked of the player first, and until then nothing is written', () =>
  withLab(async ({ open, lanx, installed, state }) => {
    const store = await open();
    const tool = Buffer.from('#!/bin/sh\n');
    const path = await lanx(
      {
        tools: { dig: { 'linux-x64': { path: 'bin/dig', blake3: blake3Hex(tool) } } },
        permissions: { tools: ['dig'], net: ['https://a.example'], read: ['configured folders'] },
      },
      { more: [{ name: 'bin/dig', bytes: tool }] },
    );
    const question = await store.install(path);
    assert.is(question.status, 'needs-consent');
    assert.equal(question.added, { tools: ['dig'], hosts: ['https://a.example'], folders: ['configured folders'] });
    assert.not.ok(existsSync(installed()));
    assert.equal(state.extensions.all(), []);
    assert.is((await store.install(path, { consent: 'another package' })).status, 'needs-consent');
    assert.is((await store.install(path, { consent: question.hash })).status, 'installed');
    const description = store.descriptions()[0];
    assert.equal(description?.granted, { tools: ['dig'], net: ['https://a.example'], read: ['configured folders'] });
    if (process.platform !== 'win32') assert.is((await stat(installed(id, '1.0.0', 'bin/dig'))).mode & 0o111, 0o111);
  }));

test('an update within what was granted asks nothing; one that wants more asks for just that and changes nothing', () =>
  withLab(async ({ open, lanx, installed }) => {
    const store = await open();
    await store.install(await lanx(net('https://a.example', 'https://b.example')), { consent: true });
    assert.is((await store.install(await lanx({ version: '1.1.0', ...net('https://a.example') }))).status, 'installed');
    assert.equal(readdirSync(installed(id)), ['1.1.0']);
    const wider = await store.install(
      await lanx({ version: '1.2.0', ...net('https://a.example', 'https://b.example') }),
    );
    assert.is(wider.status, 'needs-consent', 'what an update gave back is asked for again');
    assert.equal(wider.added, { tools: [], hosts: ['https://b.example'], folders: [] });
    assert.is(wider.formerVersion, '1.1.0');
    assert.is(store.get(id)?.manifest?.version, '1.1.0');
  }));

test('an update that is unsigned, signed by somebody else or older is asked about', () =>
  withLab(async ({ open, lanx }) => {
    const store = await open();
    assert.is((await store.install(await lanx({ version: '2.0.0' }, { key: trusted }))).trust, 'signed');
    assert.is(store.get(id)?.signer, 'acme');
    const warningsOf = async (path: string) => (await store.install(path)).warnings;
    assert.equal(await warningsOf(await lanx({ version: '2.1.0' })), ['signature-lost']);
    assert.equal(await warningsOf(await lanx({ version: '2.1.0' }, { key: stranger })), ['other-signer']);
    assert.equal(await warningsOf(await lanx({ version: '1.9.9' }, { key: trusted })), ['older-version']);
    assert.equal(await warningsOf(await lanx({ version: '2.1.0' }, { key: trusted })), []);
    assert.is(store.get(id)?.manifest?.version, '2.1.0');
  }));

test('a signature of a key that is not trusted here counts as none; once it is trusted it counts', () =>
  withLab(async ({ open, lanx }) => {
    const store = await open();
    assert.is((await store.install(await lanx({}, { key: stranger }))).trust, 'sideloaded');
    assert.is((await open({ signerName: () => 'newcomer' })).get(id)?.trust, 'signed');
    assert.is((await open({ signerName: () => undefined })).get(id)?.trust, 'sideloaded');
  }));

test('a package that was changed, is hostile, or made for another version leaves nothing behind', () =>
  withLab(async ({ open, lanx, installed, state, temp }) => {
    const store = await open();
    const changed = signPackage(rawZip(packageEntries()), trusted);
    changed.write('evil', 60);
    await writeFile(temp.join('changed.lanx'), changed);
    assert.is((await refusal(store.install(temp.join('changed.lanx')))).code, 'SIGNATURE_INVALID');
    const liar = await lanx({}, { more: [{ name: 'z', bytes: 'abc', claims: { crc: 1 } }] });
    assert.is((await refusal(store.install(liar))).code, 'EXTENSION_INVALID');
    const receipt = await lanx({}, { more: [{ name: '.lanspread-receipt.json', bytes: '{}' }] });
    assert.is((await refusal(store.install(receipt))).code, 'EXTENSION_INVALID');
    const newer = await lanx({ engines: { lanspread: '>=99' } });
    assert.is((await refusal(store.install(newer))).code, 'EXTENSION_INCOMPATIBLE');
    assert.is((await refusal(store.install(await lanx({ publisher: 'lanspread' })))).code, 'EXTENSION_INVALID');
    assert.equal(store.list(), []);
    assert.equal(state.extensions.all(), []);
    assert.equal(existsSync(installed(id)) ? readdirSync(installed(id)) : [], []);
  }));

test('an install that breaks at any step on the disk leaves the former version whole, here and after a restart', () =>
  withLab(async ({ open, lanx, installed }) => {
    const first = await lanx({}, { more: [{ name: 'a.txt', bytes: 'former' }] });
    const again = await lanx({}, { more: [{ name: 'a.txt', bytes: 'same version, new content' }] });
    const update = await lanx({ version: '1.1.0' }, { more: [{ name: 'a.txt', bytes: 'update' }] });
    const contentNow = (): string => {
      const versions = readdirSync(installed(id)).filter((name) => !name.startsWith('.'));
      return versions.map((version) => readFileSync(installed(id, version, 'a.txt'), 'utf8')).join();
    };
    for (const path of [update, again]) {
      for (let failing = 1, ended = false; !ended; failing += 1) {
        await (await open()).install(first, { consent: true });
        let steps = 0;
        const fileSystem = faultFileSystem(nodeFileSystem, ({ number }) => {
          steps = number;
          if (number === failing) throw systemError('ENOSPC');
        });
        const broken = await open({ fileSystem });
        try {
          await broken.install(path, { consent: true });
        } catch (error) {
          assert.is((error as NodeJS.ErrnoException).code, 'ENOSPC');
        }
        ended = steps < failing;
        const expected = path === update ? ['former', 'update'] : ['former', 'same version, new content'];
        const restarted = await open();
        assert.ok(expected.includes(contentNow()), `after step ${failing}: ${contentNow()}`);
        assert.is(restarted.get(id)?.problem, undefined);
        assert.is(restarted.get(id)?.enabled, true);
        assert.equal(readdirSync(installed(id)).length, 1);
        assert.ok(failing < 200);
      }
    }
  }));

test('before the folder of a version is replaced, whoever runs from it is told; if that fails it is back in use', () =>
  withLab(async ({ open, lanx }) => {
    const first = await lanx();
    const again = await lanx({}, { more: [{ name: 'a.txt', bytes: 'new' }] });
    const seen: (string | undefined)[] = [];
    const watched = async (fileSystem = nodeFileSystem): Promise<ExtensionStore> => {
      const store = await open({ fileSystem });
      store.onDidChange(() => seen.push(store.get(id)?.manifest?.version));
      return store;
    };
    const store = await watched();
    await store.install(first);
    await store.install(again);
    assert.equal(seen, ['1.0.0', undefined, '1.0.0']);
    seen.length = 0;
    const broken = await watched(
      faultFileSystem(nodeFileSystem, ({ name, path }) => {
        if (name === 'rename' && path.endsWith('.installing')) throw systemError('EIO');
      }),
    );
    await broken.install(first).then(
      () => assert.unreachable(),
      (error: unknown) => assert.match(String(error), 'EIO'),
    );
    assert.equal(seen, [undefined, '1.0.0']);
    assert.is(broken.get(id)?.enabled, true);
  }));

test('a kill between the two renames of a reinstall is put right at the next start', () =>
  withLab(async ({ open, lanx, installed }) => {
    await (await open()).install(await lanx());
    await rename(installed(id, '1.0.0'), installed(id, '.former'));
    await mkdir(installed(id, '.installing'));
    const store = await open();
    assert.is(store.get(id)?.enabled, true);
    assert.equal(readdirSync(installed(id)), ['1.0.0']);
  }));

test('when the database is lost the extension stays, off until the player agrees again', () =>
  withLab(async ({ open, lanx, state }) => {
    await (await open()).install(await lanx(net('https://a.example'), { key: trusted }), { consent: true });
    state.extensions.remove(id);
    const store = await open();
    assert.is(store.get(id)?.enabled, false);
    assert.is(store.get(id)?.trust, 'signed');
    assert.equal(store.descriptions()[0]?.granted.net, []);
    assert.equal(store.enable(id)?.added.hosts, ['https://a.example']);
    assert.is(store.get(id)?.enabled, false);
    assert.is(store.enable(id, { consent: true }), undefined);
    assert.is(store.get(id)?.enabled, true);
  }));

test('what is turned off stays off over a restart and an update, and can be turned on', () =>
  withLab(async ({ open, lanx }) => {
    const store = await open();
    await store.install(await lanx());
    let changes = 0;
    store.onDidChange(() => (changes += 1));
    store.disable(id);
    assert.is(changes, 1);
    assert.is((await open()).get(id)?.enabled, false);
    await store.install(await lanx({ version: '1.1.0' }));
    assert.is(store.get(id)?.enabled, false);
    store.enable(id);
    assert.is(store.get(id)?.enabled, true);
    assert.throws(() => store.disable('acme.unknown'), withCode('UNKNOWN_EXTENSION'));
  }));

test('a removed extension is gone with its files, what it stored and what was granted', () =>
  withLab(async ({ open, lanx, installed, state }) => {
    const store = await open();
    const path = await lanx(net('https://a.example'));
    await store.install(path, { consent: true });
    await store.storage(id).set('seen', 7);
    await store.remove(id);
    assert.is(store.get(id), undefined);
    assert.not.ok(existsSync(installed(id)));
    assert.equal(state.extensions.all(), []);
    assert.is((await store.install(path)).status, 'needs-consent');
    assert.is((await refusal(store.remove(id))).code, 'UNKNOWN_EXTENSION');
  }));

test('built-in extensions are found, are on with what they ask for, and can be turned off but not removed or replaced', () =>
  withLab(async ({ open, lanx, temp }) => {
    await writeExtension(temp.join('built-in', 'toy'), net('https://a.example'));
    await mkdir(temp.join('built-in', 'no-extension'));
    const builtInParents = [temp.join('built-in')];
    const store = await open({ builtInParents });
    assert.is(store.get(id)?.trust, 'built-in');
    assert.is(store.get(id)?.enabled, true);
    assert.equal(store.descriptions()[0]?.granted.net, ['https://a.example']);
    store.disable(id);
    assert.is((await open({ builtInParents })).get(id)?.enabled, false);
    assert.is((await refusal(store.remove(id))).code, 'EXTENSION_BUILT_IN');
    assert.is((await refusal(store.install(await lanx(), { consent: true }))).code, 'EXTENSION_BUILT_IN');
  }));

test("an author's folder stands before the installed one, and a change in it is a new revision", () =>
  withLab(async ({ open, lanx, temp }) => {
    await (await open()).install(await lanx());
    const directory = await writeExtension(temp.join('work'), { version: '2.0.0-dev' });
    const store = await open({ development: [{ directory, inspectPort: 9229 }] });
    assert.is(store.list().length, 1);
    assert.equal(store.descriptions()[0]?.development, { revision: 0, inspectPort: 9229 });
    await store.reload(directory);
    assert.is(store.descriptions()[0]?.development?.revision, 1);
    await writeFile(join(directory, 'package.json'), '{');
    await store.reload(directory);
    assert.is(store.list().find(({ origin }) => origin === 'development')?.problem?.code, 'EXTENSION_INVALID');
    assert.is(store.get(id)?.origin, 'installed', 'meanwhile the installed one counts');
  }));

test('an extension whose files were damaged is listed with its problem, and the others work', () =>
  withLab(async ({ open, lanx, installed }) => {
    const store = await open();
    await store.install(await lanx());
    await store.install(await lanx({ name: 'other' }));
    await rm(installed(id, '1.0.0', 'package.json'));
    const restarted = await open();
    assert.is(restarted.get(id)?.enabled, false);
    assert.is(restarted.get(id)?.problem?.code, 'EXTENSION_INVALID');
    assert.throws(() => restarted.enable(id), withCode('EXTENSION_INVALID'));
    assert.is(restarted.get('acme.other')?.enabled, true);
    await restarted.remove(id);
    assert.is(restarted.get(id), undefined);
  }));

test('the order is the one of the user, then development, installed, built-in', () =>
  withLab(async ({ open, lanx, temp }) => {
    await writeExtension(temp.join('built-in', 'a'), { name: 'a-built-in' });
    const directory = await writeExtension(temp.join('work'), { name: 'z-work' });
    const order: string[] = [];
    const options = { builtInParents: [temp.join('built-in')], development: [{ directory }], order: () => order };
    const store = await open(options);
    await store.install(await lanx({ name: 'm-two' }));
    await store.install(await lanx({ name: 'm-one' }));
    const ids = (): string[] => store.list().map((known) => known.id.replace('acme.', ''));
    assert.equal(ids(), ['z-work', 'm-one', 'm-two', 'a-built-in']);
    order.push('acme.a-built-in', 'acme.m-two');
    assert.equal(ids(), ['a-built-in', 'm-two', 'z-work', 'm-one']);
  }));

test('themes come from enabled extensions, are checked, and need no code', () =>
  withLab(async ({ open, lanx, installed }) => {
    const store = await open();
    const theme = (name: string, content: object, themeId = 'acme.night') =>
      lanx(
        { name, main: undefined, contributes: { themes: [{ id: themeId, label: 'Night', path: 'night.json' }] } },
        { more: [{ name: 'night.json', bytes: JSON.stringify(content) }] },
      );
    const colors = { ground: '#000000', 'accent-ink': '#5eEAd4' };
    await store.install(await theme('night', { base: 'dark', colors }));
    const expected = { id: 'acme.night', label: 'Night', extensionId: 'acme.night', base: 'dark', colors };
    assert.equal(store.themes(), [expected]);
    await store.install(await theme('copy', { base: 'light', colors: {} }));
    assert.is(store.themes().length, 1, 'an id is given once');
    store.disable('acme.night');
    assert.is(store.themes()[0]?.extensionId, 'acme.copy');
    const loading = ['url(https://a.example/x)', '#000000;} body{display:none', 'var(--x)', 'red', '#0000', ''];
    for (const value of loading) {
      const evil = await theme('evil', { base: 'dark', colors: { ground: value } }, 'acme.evil');
      assert.is((await refusal(store.install(evil))).code, 'EXTENSION_INVALID', value);
      const file = installed('acme.copy', '1.0.0', 'night.json');
      await writeFile(file, JSON.stringify({ base: 'dark', colors: { ground: value } }));
      const restarted = await open();
      assert.is(restarted.get('acme.copy')?.problem?.code, 'EXTENSION_INVALID', value);
      assert.equal(restarted.themes(), []);
    }
  }));

test('crashes are counted for good, and the third in a row turns it off', () =>
  withLab(async ({ open, lanx }) => {
    const store = await open();
    await store.install(await lanx());
    const error = new LanspreadError('INTERNAL');
    store.crashes.add(id, error);
    store.crashes.add(id, error);
    store.crashes.disable(id, error);
    const restarted = await open();
    assert.is(restarted.get(id)?.crashCount, 2);
    assert.is(restarted.get(id)?.enabled, false);
    assert.is(restarted.crashes.count('acme.unknown'), 0);
  }));

test('what an extension stores is there after a restart and an update, apart from that of others, and bounded', () =>
  withLab(async ({ open, lanx, installed }) => {
    const store = await open();
    await store.install(await lanx());
    const storage = store.storage(id);
    await Promise.all(Array.from({ length: 20 }, (_, index) => storage.set(`key${index}`, { index })));
    await store.storage('acme.other').set('key0', 'other');
    await storage.delete('key19');
    await store.install(await lanx({ version: '1.1.0' }));
    const later = (await open()).storage(id);
    assert.equal(await later.get('key0'), { index: 0 });
    assert.is((await later.keys()).length, 19);
    assert.is(await later.get('key19'), undefined);
    assert.is((await refusal(later.set('big', 'x'.repeat(1024 * 1024)))).code, 'EXTENSION_INVALID');
    assert.is((await refusal(later.set('', 1))).code, 'EXTENSION_INVALID');
    assert.is((await refusal(later.set('function', () => 1))).code, 'EXTENSION_INVALID');
    assert.is((await later.keys()).length, 19);
    await writeFile(installed(id, 'storage.json'), '{"half');
    const damaged = (await open()).storage(id);
    assert.equal(await damaged.keys(), []);
    await damaged.set('new', true);
    assert.is(await damaged.get('new'), true);
  }));

test.run();
