import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError, nodeFileSystem, parseGameId, type FileSystem } from '../../../app/core/base/index.ts';
import { importLegacyJournals, type LegacyOutcome } from '../../../app/core/install/index.ts';
import { legacyName, parseLegacyJournal } from '../../../app/core/install/legacy-import.ts';
import { faultFileSystem, systemError } from '../../support/fault-file-system.ts';
import { installLab, isThere, type InstallLab } from '../../support/install-lab.ts';

const gameId = parseGameId('quake');

/** A root with a journal in it and, as told, a `local/` and a `version.ini`. */
async function rootWith(
  lab: InstallLab,
  journal: unknown,
  { installed = false, sentinel, id = gameId }: { installed?: boolean; sentinel?: string; id?: string } = {},
): Promise<string> {
  const root = join(lab.gamesDir, id);
  await mkdir(installed ? join(root, 'local') : root, { recursive: true });
  if (sentinel !== undefined) await writeFile(join(root, 'version.ini'), sentinel);
  const text = typeof journal === 'string' ? journal : JSON.stringify(journal);
  await writeFile(join(root, legacyName), text);
  return root;
}

async function importAll(
  lab: InstallLab,
  { fileSystem = lab.context.fileSystem, isActive }: { fileSystem?: FileSystem; isActive?: () => boolean } = {},
): Promise<LegacyOutcome[]> {
  const context = { ...lab.context, fileSystem, stateDir: lab.state.directory };
  return await importLegacyJournals(context, { gamesDir: lab.gamesDir, ...(isActive && { isActive }) });
}

async function setAside(lab: InstallLab): Promise<string[]> {
  const folder = join(lab.state.directory, 'legacy');
  return isThere(folder) ? await readdir(folder) : [];
}

for (const intent of ['Installing', 'Updating', 'Uninstalling'] as const) {
  test(`a journal that says ${intent} becomes an intent of ours, and goes`, async () => {
    await using lab = await installLab();
    const root = await rootWith(lab, { intent, version: '2.0' }, { installed: true, sentinel: 'version = 1.0' });
    assert.equal(await importAll(lab), [{ kind: 'imported', gameId, intent }]);
    const { kind, version, madeRoot } = lab.state.intents.get(root) ?? {};
    assert.equal({ kind, version, madeRoot }, { kind: intent, version: '2.0', madeRoot: false });
    assert.not(isThere(join(root, legacyName)));
    assert.ok(isThere(join(root, 'local')), 'the import itself touches nothing else');
  });
}

test('a journal that names no version means the one of the sentinel', async () => {
  await using lab = await installLab();
  const root = await rootWith(lab, { intent: 'Installing' }, { sentinel: 'version = 20240817\n' });
  await importAll(lab);
  assert.is(lab.state.intents.get(root)?.version, '20240817');
});

test('a journal under whose intent nothing was going on tells the installed version', async () => {
  await using lab = await installLab();
  const root = await rootWith(lab, { intent: 'None', eti_version: '1.3' }, { installed: true });
  assert.equal(await importAll(lab), [{ kind: 'imported', gameId, intent: undefined }]);
  assert.is(lab.state.library.get(root)?.installedVersion, '1.3');
  assert.is(lab.state.intents.get(root), undefined);
  assert.not(isThere(join(root, legacyName)));
});

test('of a game that is not installed it tells no installed version, and never overrules what we recorded', async () => {
  await using lab = await installLab();
  const absent = await rootWith(lab, { intent: 'None', version: '1.3' }, { id: 'absent' });
  const known = await rootWith(lab, { intent: 'None', version: '1.3' }, { id: 'known', installed: true });
  lab.state.library.setInstalledVersion(known, parseGameId('known'), '9');
  await importAll(lab);
  assert.is(lab.state.library.get(absent)?.installedVersion, undefined);
  assert.is(lab.state.library.get(known)?.installedVersion, '9');
});

test('an intent of ours is younger than any journal: it stays, and the journal goes', async () => {
  await using lab = await installLab();
  const root = await rootWith(lab, { intent: 'Uninstalling', version: '1' }, { installed: true });
  const ours = { root, gameId, kind: 'Updating', version: '2', madeRoot: false, startedAt: 7 } as const;
  lab.state.intents.put(ours);
  assert.equal(await importAll(lab), [{ kind: 'imported', gameId, intent: undefined }]);
  assert.equal(lab.state.intents.get(root), ours);
  assert.not(isThere(join(root, legacyName)));
});

for (const [what, text] of [
  ['no JSON', 'intent = None'],
  ['an intent nobody knows', '{"intent":"Defragmenting"}'],
  ['no intent', '{"version":"1"}'],
  ['a list', '[]'],
  ['empty', ''],
  ['far too long', JSON.stringify({ intent: 'None', padding: 'x'.repeat(70_000) })],
] as const) {
  test(`a journal that is ${what} is set aside as it is, and the game is left in peace`, async () => {
    await using lab = await installLab();
    const root = await rootWith(lab, text, { installed: true });
    const [outcome, ...others] = await importAll(lab);
    assert.equal(others, []);
    if (outcome?.kind !== 'set-aside') throw new Error(JSON.stringify(outcome));
    assert.ok(outcome.reason.length > 10, outcome.reason);
    assert.is(await readFile(outcome.to, 'utf8'), text);
    assert.equal((await setAside(lab)).length, 1);
    assert.not(isThere(join(root, legacyName)));
    assert.is(lab.state.intents.get(root), undefined);
    assert.equal(await importAll(lab), [], 'once');
  });
}

test('two journals set aside in one moment do not overwrite each other', async () => {
  await using lab = await installLab();
  const clock = { ...lab.context.clock, now: () => Date.UTC(2026, 0, 1) };
  const context = { ...lab.context, clock, stateDir: lab.state.directory };
  for (const text of ['first', 'second']) {
    await rootWith(lab, text);
    await importLegacyJournals(context, { gamesDir: lab.gamesDir });
  }
  const names = await setAside(lab);
  const texts = names.map((name) => readFile(join(lab.state.directory, 'legacy', name), 'utf8'));
  assert.equal((await Promise.all(texts)).sort(), ['first', 'second']);
});

test('where the state lies on another disk a journal is copied there, then deleted', async () => {
  await using lab = await installLab();
  const root = await rootWith(lab, 'odd');
  const otherDisk = faultFileSystem(nodeFileSystem, ({ name }) => {
    if (name === 'rename') throw systemError('EXDEV');
  });
  const [outcome] = await importAll(lab, { fileSystem: otherDisk });
  if (outcome?.kind !== 'set-aside') throw new Error(JSON.stringify(outcome));
  assert.is(await readFile(outcome.to, 'utf8'), 'odd');
  assert.not(isThere(join(root, legacyName)));
});

test('a copy to another disk that fails leaves the journal, and no half copy', async () => {
  await using lab = await installLab();
  const root = await rootWith(lab, 'odd');
  let copied = false;
  const full = faultFileSystem(nodeFileSystem, ({ name }) => {
    if (name === 'rename') throw systemError('EXDEV');
    if (name === 'copyFile') copied = true;
    else if (copied && name === 'deleteFile') {
      copied = false;
      throw systemError('EACCES');
    }
  });
  const [outcome] = await importAll(lab, { fileSystem: full });
  assert.is(outcome?.kind, 'left', JSON.stringify(outcome));
  assert.is(await readFile(join(root, legacyName), 'utf8'), 'odd');
  assert.equal(await setAside(lab), []);
});

test('a journal that is a link is left alone and told', async () => {
  await using lab = await installLab();
  const outside = join(lab.directory, 'outside.json');
  await writeFile(outside, '{"intent":"Uninstalling"}');
  const linked = join(lab.gamesDir, 'linked');
  await mkdir(linked, { recursive: true });
  await symlink(outside, join(linked, legacyName));
  const outcomes = await importAll(lab);
  assert.equal(
    outcomes.map(({ kind }) => kind),
    ['left'],
  );
  assert.is(await readFile(outside, 'utf8'), '{"intent":"Uninstalling"}');
  assert.equal(lab.state.intents.all(), []);
});

test('a journal that is a folder is left alone and told', async () => {
  await using lab = await installLab();
  const folder = join(lab.gamesDir, 'folder', legacyName);
  await mkdir(folder, { recursive: true });
  const outcomes = await importAll(lab);
  assert.equal(
    outcomes.map(({ kind }) => kind),
    ['left'],
  );
  assert.equal(lab.state.intents.all(), []);
  assert.ok(isThere(folder));
});

test('a game under an operation is not looked at, nor is a folder that is no game', async () => {
  await using lab = await installLab();
  const busy = await rootWith(lab, { intent: 'Installing' });
  const noGame = await rootWith(lab, { intent: 'Installing' }, { id: 'not a game' });
  assert.equal(await importAll(lab, { isActive: () => true }), []);
  assert.ok(isThere(join(busy, legacyName)));
  await importAll(lab);
  assert.ok(isThere(join(noGame, legacyName)));
});

test('a games folder that is not there has no journals', async () => {
  await using lab = await installLab();
  assert.equal(await importAll(lab), []);
});

test('broken off between taking over and deleting, it is taken up again: the intent is there before the file goes', async () => {
  await using lab = await installLab();
  const root = await rootWith(lab, { intent: 'Updating', version: '2' }, { installed: true });
  const breaking = faultFileSystem(nodeFileSystem, ({ name }) => {
    if (name === 'deleteFile') throw systemError('EIO');
  });
  const [outcome] = await importAll(lab, { fileSystem: breaking });
  assert.is(outcome?.kind, 'left');
  assert.ok(isThere(join(root, legacyName)));
  const intent = lab.state.intents.get(root);
  assert.is(intent?.kind, 'Updating');
  assert.equal(await importAll(lab), [{ kind: 'imported', gameId, intent: undefined }]);
  assert.equal(lab.state.intents.get(root), intent);
  assert.not(isThere(join(root, legacyName)));
});

test('whatever step of the disk fails, the journal or what it says is still there', async () => {
  for (let at = 1; ; at += 1) {
    await using lab = await installLab();
    const root = await rootWith(lab, { intent: 'Installing', version: '1' });
    let failed = false;
    const breaking = faultFileSystem(
      nodeFileSystem,
      ({ number }) => {
        if (number !== at) return;
        failed = true;
        throw systemError('EIO');
      },
      { reads: true },
    );
    await importAll(lab, { fileSystem: breaking });
    const isKnown = lab.state.intents.get(root)?.kind === 'Installing';
    assert.ok(isKnown || isThere(join(root, legacyName)), `step ${at}`);
    await importAll(lab);
    assert.is(lab.state.intents.get(root)?.kind, 'Installing', `step ${at}`);
    assert.not(isThere(join(root, legacyName)), `step ${at}`);
    if (!failed) break;
  }
});

test('what earlier launchers called the version is understood, and odd versions count as none', () => {
  const parse = (journal: object) => parseLegacyJournal(Buffer.from(`\ufeff${JSON.stringify(journal)}`));
  assert.equal(parse({ intent: 'None', etiVersion: ' 5 ' }), { intent: 'None', version: '5' });
  assert.equal(parse({ intent: 'None', version: null, target_version: '6' }), { intent: 'None', version: '6' });
  for (const version of ['', 7, 'x'.repeat(201), {}, []])
    assert.equal(parse({ intent: 'Updating', version }), { intent: 'Updating', version: undefined });
  assert.throws(
    () => parse({ intent: 'none' }),
    (error: unknown) => error instanceof LanspreadError && error.code === 'BAD_REQUEST',
  );
});

test.run();
