import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { nodeFileSystem, parseGameId } from '../../../app/core/base/index.ts';
import {
  lastRecovery,
  rememberRecovery,
  tellRecovery,
  type RecoveryRun,
  type RecoveryTale,
} from '../../../app/core/install/index.ts';
import { checkRecovery } from '../../../app/core/tools/recovery-checkup.ts';
import { tellCheckup } from '../../../app/cli/doctor/recovery.ts';
import { tempDir } from '../../support/temp.ts';

const gameId = parseGameId('quake');
const root = '/games/quake';

const run = (at: string, tales: RecoveryTale[] = []): RecoveryRun => ({ at, gamesDir: '/games', judged: true, tales });

test('what was done to a game is told in words', () => {
  const tales = tellRecovery({ actions: [{ gameId, root, steps: ['restore-backup', 'delete-staging'] }] });
  assert.equal(tales, [{ gameId, action: 'restored the earlier install, deleted the unfinished install' }]);
});

test('every step has words of its own', () => {
  const steps = [
    'delete-staging',
    'delete-backup',
    'restore-backup',
    'set-local-aside',
    'record-installed',
    'record-not-installed',
    'clear-intent',
    'sweep-sentinel-transients',
    'forget-partial',
    'delete-root-if-made',
    'finish-removing',
  ] as const;
  const told = steps.map((step) => tellRecovery({ actions: [{ gameId, root, steps: [step] }] })[0]?.action);
  assert.is(new Set(told).size, steps.length);
  for (const words of told) assert.match(words ?? '', /^[a-z]+ /);
});

test('what only a person can settle comes with advice and the paths that it is about', () => {
  const paths = [`${root}/.local.backup`];
  const tales = tellRecovery({ actions: [{ gameId, root, steps: [], report: 'left alone', advice: 'Look.', paths }] });
  assert.equal(tales, [{ gameId, action: 'left alone', advice: 'Look.', paths }]);
});

test('a game that could not be settled says why, what was done before, and what to look at', () => {
  const error = Object.assign(new Error('denied'), { code: 'EACCES' });
  const [tale] = tellRecovery({ actions: [{ gameId, root, steps: ['delete-staging'], error }] });
  assert.match(tale?.action ?? '', /^could not be settled: .+before that: deleted the unfinished install/);
  assert.match(tale?.advice ?? '', 'permissions');
  assert.equal(tale?.paths, [root]);
});

test("earlier launchers' journals come first, each outcome in words", () => {
  const tales = tellRecovery({ actions: [{ gameId, root, steps: ['clear-intent'] }] }, [
    { kind: 'imported', gameId, intent: 'Updating' },
    { kind: 'imported', gameId, intent: undefined },
    { kind: 'set-aside', gameId, to: '/state/legacy/quake.json', reason: 'it is no JSON' },
    { kind: 'left', gameId, path: `${root}/.lanspread.json`, reason: 'it is a symlink, not a file' },
  ]);
  const told = tales.map(({ action }) => action);
  assert.match(told[0] ?? '', 'Updating was under way');
  assert.is(told[1], 'took over the journal of an earlier launcher');
  assert.match(told[2] ?? '', '/state/legacy/quake.json: it is no JSON');
  assert.match(told[3] ?? '', 'left');
  assert.equal(tales[3]?.paths, [`${root}/.lanspread.json`]);
  assert.is(told[4], 'closed the journal');
});

test('what is remembered is read again; an eventful run is kept beside quiet ones until the next eventful one', async () => {
  await using temp = await tempDir('report');
  const remember = (one: RecoveryRun): Promise<void> => rememberRecovery(nodeFileSystem, temp.path, one);
  assert.is(await lastRecovery(nodeFileSystem, temp.path), undefined);
  const quiet = run('2026-01-01T00:00:00.000Z');
  const eventful = run('2026-01-02T00:00:00.000Z', [{ gameId, action: 'closed the journal' }]);
  await remember(quiet);
  assert.equal(await lastRecovery(nodeFileSystem, temp.path), { formatVersion: 1, latest: quiet });
  await remember(eventful);
  assert.equal(await lastRecovery(nodeFileSystem, temp.path), { formatVersion: 1, latest: eventful });
  for (let later = 0; later < 2; later += 1) {
    await remember(quiet);
    assert.equal(await lastRecovery(nodeFileSystem, temp.path), { formatVersion: 1, latest: quiet, eventful });
  }
  const moved = { ...quiet, stateMovedAside: '/state/lanspread.db.corrupt-1' };
  await remember(moved);
  assert.equal(await lastRecovery(nodeFileSystem, temp.path), { formatVersion: 1, latest: moved });
});

test('a report that is damaged, of another format or far too long counts as none, and is written over', async () => {
  await using temp = await tempDir('report');
  const path = temp.join('recovery.json');
  for (const text of ['', '{', '{"formatVersion":2,"latest":{}}', 'x'.repeat(5 * 1024 * 1024)]) {
    await writeFile(path, text);
    assert.is(await lastRecovery(nodeFileSystem, temp.path), undefined);
  }
  await rememberRecovery(nodeFileSystem, temp.path, run('2026-01-01T00:00:00.000Z'));
  assert.match(await readFile(path, 'utf8'), '"formatVersion": 1');
});

test('a checkup names what waits for a person until it is settled, and what lies set aside', async () => {
  await using temp = await tempDir('checkup');
  const [stateDir, gamesDir] = [temp.join('state'), temp.join('games')];
  const [stray, aside] = [temp.join('games/quake/.local.backup'), temp.join('games/zork/.local.conflict-2026')];
  for (const path of [stateDir, stray, aside]) await mkdir(path, { recursive: true });
  const waiting = { gameId, action: '.local.backup was left alone', advice: 'Look into it.', paths: [stray] };
  const done = { gameId: 'doom', action: 'closed the journal' };
  await rememberRecovery(nodeFileSystem, stateDir, { ...run('2026-01-01T00:00:00.000Z', [waiting, done]), gamesDir });
  const checkup = await checkRecovery({ stateDir, gamesDir });
  assert.equal(checkup.open, [waiting]);
  assert.equal(checkup.setAside, [{ gameId: 'zork', path: aside }]);
  const findings = tellCheckup(checkup);
  assert.equal(
    findings.map(({ name, status }) => `${name} ${status}`),
    ['Recovery ok', 'Recovery problem', 'Set aside warning'],
  );
  assert.match(findings[1]?.detail ?? '', stray);
  assert.is(findings[1]?.advice, 'Look into it.');

  await rm(stray, { recursive: true });
  await rm(aside, { recursive: true });
  const after = await checkRecovery({ stateDir, gamesDir });
  assert.equal([after.open, after.setAside], [[], []]);
  assert.ok(tellCheckup(after).every(({ status }) => status === 'ok'));
});

test('the doctor says that nothing ran, that all is well, that the folder is away and that the database was rebuilt', () => {
  const nothing = { open: [], setAside: [] };
  const at = '2026-01-01T10:00:00.000Z';
  const told = (latest?: RecoveryRun, eventful?: RecoveryRun): string =>
    tellCheckup({ ...nothing, ...(latest && { latest }), ...(eventful && { eventful }) })
      .map(({ status, detail }) => `${status} ${detail}`)
      .join('\n');
  assert.match(told(), /^ok nothing ran/);
  assert.match(told(run(at)), /^ok nothing was broken off \(2026-01-01 10:00:00 UTC\)$/);
  assert.match(told({ ...run(at), judged: false, reason: 'it is not there' }), /^warning .*it is not there/);
  assert.match(told(run(at), { ...run(at), stateMovedAside: '/old.db' }), /^warning .*\/old\.db/);
});

test.run();
