import { existsSync, writeFileSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkGamesFolder } from '../../../app/cli/doctor/disk.ts';
import { checkStateDirectory } from '../../../app/cli/doctor/state.ts';
import { tellWindow } from '../../../app/cli/doctor/window.ts';
import { networksIn, numberIn, rulesFor, tellWindows, type WindowsFacts } from '../../../app/cli/doctor/windows.ts';
import { openState } from '../../../app/core/state/open-state.ts';
import { tempDir } from '../../support/temp.ts';

const test = suite('what the doctor tells');

test('a games folder that is missing is not made: it is away, or made at the first start', async () => {
  await using temp = await tempDir('doctor');
  const gamesDir = temp.join('drive', 'games');
  const away = await checkGamesFolder({ gamesDir, isKnown: true });
  assert.is(away.status, 'problem');
  assert.match(away.detail, 'is not there');
  const fresh = await checkGamesFolder({ gamesDir, isKnown: false });
  assert.match(fresh.detail, 'made at the first start');
  assert.equal(await readdir(temp.path), []);
});

test('a games folder that is there is measured and left as it was; a file in its place is a problem', async () => {
  await using temp = await tempDir('doctor');
  await mkdir(temp.join('games'));
  assert.match((await checkGamesFolder({ gamesDir: temp.join('games'), isKnown: true })).detail, /free, writes .*\/s/);
  assert.equal(await readdir(temp.join('games')), []);
  writeFileSync(temp.join('file'), '');
  assert.is((await checkGamesFolder({ gamesDir: temp.join('file', 'games'), isKnown: true })).status, 'problem');
});

test('a state directory that is not there is not made', async () => {
  await using temp = await tempDir('doctor');
  const { findings, gamesDirIsKnown } = await checkStateDirectory(temp.join('state'));
  assert.equal([findings, gamesDirIsKnown, existsSync(temp.join('state'))], [[], false, false]);
});

test('the games folder and the room key come from the settings, whether Lanspread runs or not', async () => {
  await using temp = await tempDir('doctor');
  const { state } = openState({ directory: temp.path });
  state.settings.set('gamesDir', temp.join('D'));
  state.settings.set('roomKeyFile', 'room.key');
  state[Symbol.dispose]();
  const missing = await checkStateDirectory(temp.path);
  assert.equal([missing.gamesDir, missing.gamesDirIsKnown], [temp.join('D'), true]);
  assert.equal(
    missing.findings.map(({ name, status }) => [name, status]),
    [['Room key', 'problem']],
  );
  writeFileSync(temp.join('room.key'), Buffer.alloc(32, 7));
  const [sound] = (await checkStateDirectory(temp.path)).findings;
  assert.is(sound?.status, 'ok');
});

test('a database that a newer version wrote, a damaged one and damaged safeguards are named', async () => {
  await using temp = await tempDir('doctor');
  await mkdir(temp.join('newer'));
  const migrations = [{ version: 9_000, name: 'far', sql: 'CREATE TABLE settings (name TEXT, value TEXT)' }];
  try {
    openState({ directory: temp.join('newer'), migrations });
  } catch {
    // Its other tables are missing; the version is what counts.
  }
  const [newer] = (await checkStateDirectory(temp.join('newer'))).findings;
  assert.is(newer?.status, 'problem');
  assert.match(newer?.detail ?? '', /newer Lanspread.*9000/);
  await mkdir(temp.join('broken'));
  writeFileSync(temp.join('broken', 'lanspread.db'), 'x'.repeat(4096));
  writeFileSync(temp.join('broken', 'safeguards.json'), '{');
  const broken = (await checkStateDirectory(temp.join('broken'))).findings;
  assert.equal(
    broken.map(({ name }) => name),
    ['Database', 'Safeguards'],
  );
});

test('a version that was taken back is told', async () => {
  await using temp = await tempDir('doctor');
  const refused = [{ version: '0.2.0', startedInstead: '0.1.0', at: '2026-12-01T00:00:00Z' }];
  writeFileSync(temp.join('versions.json'), JSON.stringify({ tries: [], copies: {}, refused }));
  const [version] = (await checkStateDirectory(temp.path)).findings;
  assert.match(version?.detail ?? '', '0.2.0 did not start twice');
});

test('without NW.js and browser nothing is said to open', () => {
  const nothing = tellWindow({ kind: 'address', because: 'no-browser' });
  assert.equal([nothing.status, nothing.detail.includes('prints its address')], ['warning', true]);
  assert.match(tellWindow({ kind: 'browser', browser: '/usr/bin/chromium' }).detail, '/usr/bin/chromium');
});

const program = 'C:\\Users\\Jörg\\AppData\\Local\\Programs\\Lanspread\\versions\\0.1.0\\node.exe';
const ruleText = (fields: string): string =>
  `    {0C}    REG_SZ    v2.31|${fields}|App=${program.toUpperCase()}|Name=node.exe|`;

test('firewall rules are read by program, whatever the language of Windows', () => {
  const text = [
    'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules',
    ruleText('Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Private|Profile=Domain'),
    ruleText('Action=Block|Active=TRUE|Dir=In|Protocol=17|Profile=Public'),
    ruleText('Action=Block|Active=FALSE|Dir=In'),
    ruleText('Action=Block|Active=TRUE|Dir=Out'),
    '    Other    REG_SZ    v2.31|Action=Block|Active=TRUE|Dir=In|App=C:\\other.exe|',
  ].join('\r\n');
  assert.equal(rulesFor(program, text), [
    { allows: true, kinds: ['Private', 'Domain'] },
    { allows: false, kinds: ['Public'] },
  ]);
  assert.is(numberIn('\r\n    LongPathsEnabled    REG_DWORD    0x1\r\n', 'LongPathsEnabled'), 1);
  assert.is(numberIn(undefined, 'LongPathsEnabled'), undefined);
  assert.equal(networksIn('[{"Name":"Café","Category":0}]'), [{ name: 'Café', category: 0 }]);
});

const sound: WindowsFacts = {
  networks: [{ name: 'LAN', category: 1 }],
  rules: [{ allows: true, kinds: [] }],
  unguarded: [],
  longPaths: true,
  controlledFolderAccess: false,
  gamesDir: 'D:\\Games',
  home: 'C:\\Users\\Jörg',
};
const statusOf = (facts: Partial<WindowsFacts>, name: string): string | undefined =>
  tellWindows({ ...sound, ...facts }).find((finding) => finding.name === name)?.status;

const firewallCases: readonly [string, Partial<WindowsFacts>, string][] = [
  ['an allowed private network', {}, 'ok'],
  ['a public network without a rule for it', { networks: [{ name: 'L', category: 0 }], rules: [] }, 'problem'],
  [
    'a public network with a rule for private ones',
    { networks: [{ name: 'L', category: 0 }], rules: [{ allows: true, kinds: ['Private'] }] },
    'problem',
  ],
  [
    'a rule that blocks beside one that allows',
    {
      rules: [
        { allows: true, kinds: [] },
        { allows: false, kinds: ['Private'] },
      ],
    },
    'problem',
  ],
  ['no rule yet', { rules: [] }, 'warning'],
  ['a firewall that is off', { rules: [], unguarded: ['Private'] }, 'ok'],
  ['Windows that does not tell its networks', { networks: undefined }, 'warning'],
  ['rules that nobody may read', { rules: undefined }, 'warning'],
];
for (const [title, facts, expected] of firewallCases)
  test(`firewall: ${title}`, () => {
    assert.is(statusOf(facts, 'Firewall'), expected);
  });

test('controlled folder access matters in the documents alone; scanner and long paths are advice', () => {
  const home = ['', 'home', 'jo'].join(process.platform === 'win32' ? '\\' : '/');
  const below = (folder: string): string => [home, folder, 'games'].join(process.platform === 'win32' ? '\\' : '/');
  const name = 'Controlled folder access';
  assert.is(statusOf({ controlledFolderAccess: true, home, gamesDir: below('Documents') }, name), 'problem');
  assert.is(statusOf({ controlledFolderAccess: true, home, gamesDir: below('Games') }, name), 'ok');
  assert.is(statusOf({}, name), undefined);
  assert.equal([statusOf({ longPaths: undefined }, 'Long paths'), statusOf({}, 'Virus scanner')], ['ok', 'ok']);
});

test.run();
