import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { silentLogger } from '../../../app/core/base/index.ts';
import { defaultSettings, Kiosk, SettingsStore } from '../../../app/core/settings/index.ts';
import { decideSafeguards, withSafeguards } from '../../../app/core/settings/safeguards.ts';
import type { SettingsRepository } from '../../../app/core/state/index.ts';
import { codeOf } from '../../support/failure.ts';
import { settingsInMemory } from '../../support/memory-settings.ts';
import { tempDir } from '../../support/temp.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const clock = new VirtualClock();
const lostKeyFile = '/state/lost';
const pinHash = { salt: 'aa', hash: 'bb' };

function open(stateDir: string, database: SettingsRepository) {
  const repository = withSafeguards(database, { stateDir, logger: silentLogger, now: () => clock.now() });
  const settings = new SettingsStore(repository, defaultSettings(stateDir));
  return { repository, settings };
}

function kioskOf({ repository, settings }: ReturnType<typeof open>, at: VirtualClock = clock): Kiosk {
  return new Kiosk({ settings, repository, clock: at, logger: silentLogger, stopGames: async () => {} });
}

const test = suite('safeguards');

test('what holds, by what is left of file and database', () => {
  const damaged = { kind: 'damaged', reason: 'x' } as const;
  const missing = { kind: 'missing' } as const;
  const sound = { kind: 'sound', safeguards: { kiosk: false } } as const;
  const locked = { kiosk: true, kioskPin: pinHash };
  const decide = (file: Parameters<typeof decideSafeguards>[0]['file'], copy: object): unknown =>
    decideSafeguards({ file, copy, lostKeyFile });
  assert.equal(decide(sound, locked), { kiosk: false }, 'a sound file is believed');
  assert.equal(decide(missing, locked), locked, 'a deleted file opens nothing');
  assert.equal(decide(missing, {}), {}, 'a first start');
  assert.equal(decide(damaged, locked), locked);
  assert.equal(decide(damaged, { ...locked, kiosk: false }), locked, 'the copy may be the older one');
  assert.equal(decide(damaged, { kiosk: false }), { kiosk: false }, 'no PIN was ever set: nothing was locked');
  assert.equal(decide(damaged, {}), { kiosk: true, requireSignedCatalogs: true, roomKeyFile: lostKeyFile });
});

test('a lost database opens nothing', async () => {
  await using temp = await tempDir('safeguards');
  const before = open(temp.path, settingsInMemory());
  await kioskOf(before).setPin('4711');
  before.settings.set('kiosk', true);
  before.settings.set('requireSignedCatalogs', true);
  before.settings.set('roomKeyFile', '/keys/room');
  before.settings.set('tellWhatIsPlayed', false);
  before.settings.set('theme', 'light');
  const after = open(temp.path, settingsInMemory());
  const { kiosk, requireSignedCatalogs, roomKeyFile, tellWhatIsPlayed, theme } = after.settings.all();
  assert.equal(
    [kiosk, requireSignedCatalogs, roomKeyFile, tellWhatIsPlayed, theme],
    [true, true, '/keys/room', false, 'dark'],
  );
  assert.is(await codeOf(kioskOf(after).check('4711')), undefined);
  assert.is(await codeOf(kioskOf(after).check('0000')), 'WRONG_PIN');
});

for (const [what, damage] of Object.entries({
  'cut short': (path: string) => writeFile(path, '{"format":1,"kiosk":tr'),
  emptied: (path: string) => writeFile(path, ''),
  'given another type': (path: string) => writeFile(path, '{"format":1,"kiosk":"off"}'),
  'given an unusable PIN': (path: string) => writeFile(path, '{"format":1,"kiosk":false,"kioskPin":"4711"}'),
  deleted: (path: string) => rm(path),
}))
  test(`a safeguards file that was ${what} stays locked, and the PIN still unlocks`, async () => {
    await using temp = await tempDir('safeguards');
    const database = settingsInMemory();
    const before = open(temp.path, database);
    await kioskOf(before).setPin('4711');
    before.settings.set('kiosk', true);
    await damage(join(temp.path, 'safeguards.json'));
    for (const start of [1, 2]) {
      const after = open(temp.path, database);
      assert.is(after.settings.get('kiosk'), true, `start ${start}`);
      assert.is(await codeOf(kioskOf(after).check('4711')), undefined);
    }
  });

test('with file and database damaged everything is closed, and a sound file is the way out', async () => {
  await using temp = await tempDir('safeguards');
  const path = join(temp.path, 'safeguards.json');
  await writeFile(path, 'not JSON');
  const { repository, settings } = open(temp.path, settingsInMemory());
  assert.is(settings.get('kiosk'), true);
  assert.is(settings.get('requireSignedCatalogs'), true);
  assert.is.not(settings.get('roomKeyFile'), null);
  assert.is(await codeOf(kioskOf({ repository, settings }).check('')), 'KIOSK_PIN_LOST');
  assert.is(open(temp.path, settingsInMemory()).settings.get('kiosk'), true, 'the next start, too');
  await writeFile(path, '{ "format": 1 }');
  assert.is(open(temp.path, settingsInMemory()).settings.get('kiosk'), false);
});

test('settings of an earlier version, which are in the database alone, are taken over', async () => {
  await using temp = await tempDir('safeguards');
  const database = settingsInMemory({ kiosk: true, kioskPin: pinHash, trustedKeys: [], playerName: 'Seat 7' });
  assert.is(open(temp.path, database).settings.get('kiosk'), true);
  const path = join(temp.path, 'safeguards.json');
  assert.equal(JSON.parse(await readFile(path, 'utf8')), {
    format: 1,
    kiosk: true,
    kioskPin: pinHash,
    trustedKeys: [],
  });
  if (process.platform !== 'win32') assert.is((await stat(path)).mode & 0o777, 0o600);
  assert.is(open(temp.path, settingsInMemory()).settings.get('kiosk'), true);
});

test('a restart does not end the wait after wrong PINs, and a clock set back does not stretch it', async () => {
  await using temp = await tempDir('safeguards');
  const database = settingsInMemory();
  const first = new VirtualClock();
  const before = kioskOf(open(temp.path, database), first);
  await before.setPin('4711');
  for (let attempt = 1; attempt <= 5; attempt += 1) await codeOf(before.check('0000'));
  const second = new VirtualClock(first.now() + 10_000);
  const after = kioskOf(open(temp.path, settingsInMemory()), second);
  assert.is(await codeOf(after.check('4711')), 'TOO_MANY_ATTEMPTS');
  const longAgo = new VirtualClock(0);
  const setBack = kioskOf(open(temp.path, database), longAgo);
  assert.is(await codeOf(setBack.check('4711')), 'TOO_MANY_ATTEMPTS');
  await second.advance(20_000);
  assert.is(await codeOf(after.check('4711')), undefined);
});

test.run();
