import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError, silentLogger } from '../../../app/core/base/index.ts';
import { defaultSettings, Kiosk, SettingsStore } from '../../../app/core/settings/index.ts';
import { isAllowedWhileLocked } from '../../../app/core/rpc/locked-commands.ts';
import { waitAfter } from '../../../app/core/settings/pin.ts';
import { settingsInMemory } from '../../support/memory-settings.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

function makeKiosk() {
  const repository = settingsInMemory();
  const settings = new SettingsStore(repository, {
    ...defaultSettings('/state'),
    playerName: 'Seat 7',
    language: 'de',
  });
  const clock = new VirtualClock();
  let stops = 0;
  const kiosk = new Kiosk({
    settings,
    repository,
    clock,
    logger: silentLogger,
    stopGames: async () => void (stops += 1),
  });
  return { kiosk, settings, repository, clock, stopsOfGames: () => stops };
}

async function codeOf(action: () => Promise<unknown>): Promise<string> {
  try {
    await action();
    return 'none';
  } catch (error) {
    return error instanceof LanspreadError ? error.code : String(error);
  }
}

const test = suite('kiosk mode');

test('a locked client may look, and play where the operator allows it', () => {
  assert.ok(isAllowedWhileLocked('listGames', []));
  assert.not.ok(isAllowedWhileLocked('play', []));
  assert.ok(isAllowedWhileLocked('play', ['play']));
  assert.not.ok(isAllowedWhileLocked('download', ['play']));
  assert.ok(isAllowedWhileLocked('download', ['play', 'get']));
});

test('a locked client is told what it looks like, and nothing of the operator', () => {
  const { kiosk, settings } = makeKiosk();
  settings.set('theme', 'light');
  settings.set('roomKeyFile', '/keys/room');
  settings.set('staticPeers', ['192.168.1.5']);
  settings.set('catalogSources', { 'club.list/games': { password: 'secret' } });
  const seen = kiosk.seenByPlayers(settings.all());
  assert.equal([seen.theme, seen.language, seen.playerName], ['light', 'de', 'Seat 7']);
  assert.not.match(JSON.stringify(seen), /secret|192\.168|keys/);
});

test('what belongs to the operator is never allowed while locked', () => {
  const never = [
    'uninstall',
    'removeDownload',
    'catalog.import',
    'extensions.install',
    'connectPeer',
    'revealFiles',
    'folder.check',
    'folder.places',
    'folder.list',
    'folder.create',
    'kiosk.setPin',
  ] as const;
  for (const command of never) assert.not.ok(isAllowedWhileLocked(command, ['play', 'get']), command);
});

test('the right PIN is accepted, a wrong one is not, and neither is kept in the clear', async () => {
  const { kiosk, repository } = makeKiosk();
  await kiosk.setPin('4711');
  assert.is(await codeOf(() => kiosk.check('4711')), 'none');
  assert.is(await codeOf(() => kiosk.check('4712')), 'WRONG_PIN');
  assert.not.ok(JSON.stringify(repository.all()).includes('4711'));
});

test('without a PIN nothing unlocks', async () => {
  assert.is(await codeOf(() => makeKiosk().kiosk.check('')), 'KIOSK_PIN_REQUIRED');
});

test('after five wrong PINs even the right one has to wait, and then works', async () => {
  const { kiosk, clock } = makeKiosk();
  await kiosk.setPin('4711');
  for (let attempt = 1; attempt < 5; attempt += 1) assert.is(await codeOf(() => kiosk.check('0000')), 'WRONG_PIN');
  assert.is(await codeOf(() => kiosk.check('0000')), 'TOO_MANY_ATTEMPTS');
  assert.is(await codeOf(() => kiosk.check('4711')), 'TOO_MANY_ATTEMPTS');
  await clock.advance(waitAfter(5));
  assert.is(await codeOf(() => kiosk.check('4711')), 'none');
  assert.is(await codeOf(() => kiosk.check('0000')), 'WRONG_PIN');
});

test('guesses sent all at once are counted before the first is answered', async () => {
  const { kiosk } = makeKiosk();
  await kiosk.setPin('4711');
  const codes = await Promise.all(
    Array.from({ length: 20 }, (_, index) => codeOf(() => kiosk.check(`${1000 + index}`))),
  );
  assert.is(codes.filter((code) => code === 'WRONG_PIN').length, 4);
  assert.is(codes.filter((code) => code === 'TOO_MANY_ATTEMPTS').length, 16);
});

test('the wait doubles and has an end', () => {
  assert.equal([1, 4, 5, 6, 7, 40].map(waitAfter), [0, 0, 30_000, 60_000, 120_000, 900_000]);
});

test('a player may set name and language for the session, and nothing else', async () => {
  const { kiosk } = makeKiosk();
  kiosk.beforeSessionSetting('playerName');
  assert.throws(
    () => kiosk.beforeSessionSetting('gamesDir'),
    (error: unknown) => error instanceof LanspreadError && error.code === 'KIOSK_LOCKED',
  );
});

test("the session's end stops games and brings the operator's name and language back", async () => {
  const { kiosk, settings, stopsOfGames } = makeKiosk();
  kiosk.beforeSessionSetting('playerName');
  settings.set('playerName', 'Gandalf');
  kiosk.beforeSessionSetting('playerName');
  settings.set('playerName', 'Saruman');
  settings.set('language', 'en');
  await kiosk.endSession();
  assert.is(settings.get('playerName'), 'Seat 7');
  assert.is(settings.get('language'), 'de');
  assert.is(stopsOfGames(), 1);
  settings.set('playerName', 'Operator');
  await kiosk.endSession();
  assert.is(settings.get('playerName'), 'Operator', 'the kept values are used once');
});

test.run();
