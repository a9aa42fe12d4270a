/** Every row of the recovery table on a real disk: what a crash left, what recovery makes of it, and that it is settled. */
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError, nodeFileSystem, parseGameId, parsePath } from '../../../app/core/base/index.ts';
import { recover, type RecoveryAction } from '../../../app/core/install/index.ts';
import type { IntentKind } from '../../../app/core/state/index.ts';
import { faultFileSystem, systemError } from '../../support/fault-file-system.ts';
import { installLab, isThere, type InstallLab } from '../../support/install-lab.ts';

const gameId = parseGameId('quake');
const markerName = '.lanspread_owned';

/** What lies in the root; a folder's one file says which tree it is. */
interface Left {
  readonly intent?: IntentKind;
  readonly local?: boolean;
  readonly staging?: 'marked' | 'unmarked';
  readonly backup?: 'marked' | 'unmarked';
  readonly sentinel?: boolean;
  readonly madeRoot?: boolean;
  /** The inventory of the new tree is that of `local/`. */
  readonly localIsNew?: boolean;
}

interface Row extends Left {
  readonly row: string;
  /** What lies in the root afterwards, `name=tree` for folders. */
  readonly after: readonly string[];
  /** As recorded; before, it is `old`, and what recovery has no reason to change it leaves. */
  readonly installedVersion: string | undefined;
  readonly isReported?: boolean;
  /** The intent stays, because only a person can decide. */
  readonly isOpen?: boolean;
}

const rows: readonly Row[] = [
  { row: 'none – marked no', staging: 'marked', after: [], installedVersion: 'old' },
  { row: 'none yes marked no', local: true, staging: 'marked', after: ['local=local'], installedVersion: 'old' },
  { row: 'none yes no marked', local: true, backup: 'marked', after: ['local=local'], installedVersion: 'old' },
  { row: 'none no no marked', backup: 'marked', after: ['local=backup'], installedVersion: 'old' },
  {
    row: 'none no marked marked',
    staging: 'marked',
    backup: 'marked',
    after: ['local=backup'],
    installedVersion: 'old',
  },
  {
    row: 'none yes marked marked',
    local: true,
    staging: 'marked',
    backup: 'marked',
    after: ['.local.conflict=local', 'local=backup'],
    installedVersion: 'old',
    isReported: true,
  },
  {
    row: 'none – unmarked –',
    staging: 'unmarked',
    after: ['.local.installing=staging'],
    installedVersion: 'old',
    isReported: true,
  },
  {
    row: 'none yes – unmarked',
    local: true,
    backup: 'unmarked',
    after: ['.local.backup=backup', 'local=local'],
    installedVersion: 'old',
    isReported: true,
  },
  { row: 'Installing no any no, marked', intent: 'Installing', staging: 'marked', after: [], installedVersion: 'old' },
  {
    row: 'Installing no any no, before the marker',
    intent: 'Installing',
    staging: 'unmarked',
    after: [],
    installedVersion: 'old',
  },
  { row: 'Installing no no no', intent: 'Installing', after: [], installedVersion: 'old' },
  {
    row: 'Installing yes no no',
    intent: 'Installing',
    local: true,
    localIsNew: true,
    after: ['local=local'],
    installedVersion: 'new',
  },
  {
    row: 'Installing yes yes no',
    intent: 'Installing',
    local: true,
    staging: 'unmarked',
    after: ['local=local'],
    installedVersion: 'old',
  },
  {
    row: 'Updating no any yes, with staging',
    intent: 'Updating',
    staging: 'unmarked',
    backup: 'unmarked',
    after: ['local=backup'],
    installedVersion: 'old',
  },
  {
    row: 'Updating no any yes, without',
    intent: 'Updating',
    backup: 'marked',
    after: ['local=backup'],
    installedVersion: 'old',
  },
  {
    row: 'Updating yes no yes',
    intent: 'Updating',
    local: true,
    backup: 'marked',
    after: ['local=local'],
    installedVersion: 'new',
  },
  {
    row: 'Updating yes yes no',
    intent: 'Updating',
    local: true,
    staging: 'marked',
    after: ['local=local'],
    installedVersion: 'old',
  },
  {
    row: 'Updating yes yes yes',
    intent: 'Updating',
    local: true,
    staging: 'marked',
    backup: 'unmarked',
    after: ['.local.conflict=local', 'local=backup'],
    installedVersion: 'old',
    isReported: true,
  },
  {
    row: 'Updating yes no no, the new tree',
    intent: 'Updating',
    local: true,
    localIsNew: true,
    after: ['local=local'],
    installedVersion: 'new',
  },
  {
    row: 'Updating yes no no, the old tree',
    intent: 'Updating',
    local: true,
    after: ['local=local'],
    installedVersion: 'old',
  },
  {
    row: 'Updating no any no',
    intent: 'Updating',
    staging: 'marked',
    after: [],
    installedVersion: undefined,
    isReported: true,
  },
  {
    row: 'Uninstalling no any any',
    intent: 'Uninstalling',
    backup: 'unmarked',
    after: [],
    installedVersion: undefined,
  },
  {
    row: 'Uninstalling yes any no',
    intent: 'Uninstalling',
    local: true,
    after: ['local=local'],
    installedVersion: 'old',
  },
  {
    row: 'Uninstalling yes any yes',
    intent: 'Uninstalling',
    local: true,
    backup: 'marked',
    after: ['local=local'],
    installedVersion: 'old',
  },
  { row: 'Streaming no any no', intent: 'Streaming', staging: 'marked', after: [], installedVersion: 'old' },
  {
    row: 'Streaming yes no no',
    intent: 'Streaming',
    local: true,
    localIsNew: true,
    after: ['local=local'],
    installedVersion: 'new',
  },
  {
    row: 'Downloading, sentinel there',
    intent: 'Downloading',
    sentinel: true,
    after: ['version.ini'],
    installedVersion: 'old',
  },
  {
    row: 'Downloading, with folders that are not looked at',
    intent: 'Downloading',
    local: true,
    staging: 'unmarked',
    after: ['.local.installing=staging', 'local=local'],
    installedVersion: 'old',
    isReported: true,
  },
  {
    row: 'another combination: Installing no no yes',
    intent: 'Installing',
    backup: 'marked',
    after: ['.local.backup=backup'],
    installedVersion: 'old',
    isReported: true,
    isOpen: true,
  },
  {
    row: 'another combination: Streaming yes yes no',
    intent: 'Streaming',
    local: true,
    staging: 'marked',
    after: ['.local.installing=staging', 'local=local'],
    installedVersion: 'old',
    isReported: true,
    isOpen: true,
  },
  {
    row: 'another combination: Removing yes',
    intent: 'Removing',
    local: true,
    after: ['local=local'],
    installedVersion: 'old',
    isReported: true,
    isOpen: true,
  },
];

async function leave(lab: InstallLab, left: Left): Promise<string> {
  const root = join(lab.gamesDir, gameId);
  await mkdir(root, { recursive: true });
  const folder = async (name: string, tree: string, marked: boolean): Promise<void> => {
    await mkdir(join(root, name));
    await writeFile(join(root, name, 'tree.txt'), tree);
    if (marked) await writeFile(join(root, name, markerName), '');
  };
  if (left.local) await folder('local', 'local', false);
  if (left.staging) await folder('.local.installing', 'staging', left.staging === 'marked');
  if (left.backup) await folder('.local.backup', 'backup', left.backup === 'marked');
  if (left.sentinel) await writeFile(join(root, 'version.ini'), 'version = new\n');
  const { state } = lab;
  state.library.setInstalledVersion(root, gameId, 'old');
  if (left.localIsNew) {
    const path = parsePath('tree.txt', { atGameRoot: false });
    const blake3 = await lab.context.hashFile(join(root, 'local', path), {});
    state.inventory.replace(join(root, '.local.installing'), [{ path, sizeBytes: 'local'.length, blake3 }]);
  }
  const { intent: kind, madeRoot = false } = left;
  if (kind) state.intents.put({ root, gameId, kind, version: 'new', madeRoot, startedAt: 1 });
  return root;
}

async function whatLies(root: string): Promise<string[]> {
  if (!isThere(root)) return ['no root'];
  const entries = await readdir(root, { withFileTypes: true });
  const told = entries.map(async (entry) => {
    const name = entry.name.replace(/(?<=^\.local\.conflict)-.*/, '');
    if (!entry.isDirectory()) return name;
    assert.not(entry.name === 'local' && isThere(join(root, 'local', markerName)), 'no mark stays on an install');
    return `${name}=${await readFile(join(root, entry.name, 'tree.txt'), 'utf8')}`;
  });
  return (await Promise.all(told)).sort();
}

for (const { row, after, isReported = false, isOpen = false, ...left } of rows) {
  test(`row: ${row}`, async () => {
    await using lab = await installLab();
    const root = await leave(lab, left);
    const { actions } = await lab.recover();
    assert.equal(await whatLies(root), after);
    const told = actions.find((action) => action.gameId === gameId);
    assert.is(told?.error, undefined);
    assert.is(told?.report !== undefined, isReported, told?.report ?? 'nothing was reported');
    assert.is(lab.state.intents.get(root) !== undefined, isOpen, 'the intent');
    assert.is(lab.state.library.get(root)?.installedVersion, left.installedVersion);

    const again = await lab.recover();
    assert.equal(await whatLies(root), after, 'again');
    const more = again.actions.flatMap(({ steps }) => steps);
    assert.equal(more, [], 'a second run does nothing more');
  });
}

test('row: Streaming no any no deletes a root that it made and that is empty, and no other', async () => {
  for (const [madeRoot, extra, isKept] of [
    [true, false, false],
    [true, true, true],
    [false, false, true],
  ] as const) {
    await using lab = await installLab();
    const root = await leave(lab, { intent: 'Streaming', staging: 'marked', madeRoot });
    if (extra) await writeFile(join(root, 'mine.txt'), 'mine');
    await lab.recover();
    assert.is(isThere(root), isKept, `made ${madeRoot}, extra ${extra}`);
    assert.not(isThere(join(root, '.local.installing')));
  }
});

test('row: Removing no no no deletes the root', async () => {
  await using lab = await installLab();
  const root = await leave(lab, { intent: 'Removing' });
  await writeFile(join(root, 'quake.eti'), 'half of it');
  await lab.recover();
  assert.not(isThere(root));
  assert.is(lab.state.intents.get(root), undefined);
});

test('row: Downloading without a sentinel keeps the payload and what is resumable, and sweeps the transients', async () => {
  await using lab = await installLab();
  const root = await leave(lab, { intent: 'Downloading' });
  for (const name of ['quake.eti', '.version.ini.tmp', '.version.ini.discarded'])
    await writeFile(join(root, name), 'x');
  const bitmap = Uint8Array.of(1);
  lab.state.partials.put({
    root,
    gameId,
    version: 'new',
    manifestRoot: 'ab',
    manifestBytes: Uint8Array.of(1),
    executables: [],
    bitmap,
    verifiedBytes: 1,
    unclean: true,
    install: false,
  });
  await lab.recover();
  assert.equal(await readdir(root), ['quake.eti']);
  assert.is(lab.state.partials.get(root)?.unclean, true, 'what it claims is hashed again before it counts');
});

test('row: Downloading with its sentinel has nothing resumable any more', async () => {
  await using lab = await installLab();
  const root = await leave(lab, { intent: 'Downloading', sentinel: true });
  lab.state.partials.put({
    root,
    gameId,
    version: 'new',
    manifestRoot: 'ab',
    manifestBytes: Uint8Array.of(1),
    executables: [],
    bitmap: Uint8Array.of(1),
    verifiedBytes: 1,
    unclean: true,
    install: false,
  });
  await lab.recover();
  assert.is(lab.state.partials.get(root), undefined);
});

test('with the journal lost, what a download left of its sentinel is swept; a folder of that name is not ours', async () => {
  await using lab = await installLab();
  const root = await leave(lab, {});
  await writeFile(join(root, '.version.ini.discarded'), 'version = 1');
  await mkdir(join(root, '.version.ini.tmp'));
  const { actions } = await lab.recover();
  assert.equal(await readdir(root), ['.version.ini.tmp']);
  assert.equal(
    actions.map(({ steps, error }) => ({ steps, error })),
    [{ steps: ['sweep-sentinel-transients'], error: undefined }],
  );
  assert.equal((await lab.recover()).actions, []);
});

test('a mark that a crash left on a restored install is taken off', async () => {
  await using lab = await installLab();
  const root = await leave(lab, { local: true });
  await writeFile(join(root, 'local', markerName), '');
  await lab.recover();
  assert.equal(await readdir(join(root, 'local')), ['tree.txt']);
});

test('a name that is taken by something that is no folder is never touched', async () => {
  for (const name of ['local', '.local.installing', '.local.backup'])
    for (const intent of [undefined, 'Installing', 'Updating', 'Uninstalling', 'Streaming'] as const) {
      await using lab = await installLab();
      const root = await leave(lab, intent ? { intent } : {});
      await writeFile(join(root, name), 'mine');
      const { actions } = await lab.recover();
      assert.equal(await readFile(join(root, name), 'utf8'), 'mine');
      assert.equal(actions[0]?.steps, [], `${intent} ${name}`);
      assert.equal(actions[0]?.paths, [join(root, name)]);
    }
});

test('a root that is a link is not followed', async () => {
  await using lab = await installLab();
  const root = join(lab.gamesDir, gameId);
  const elsewhere = join(lab.directory, 'elsewhere');
  await mkdir(join(elsewhere, '.local.installing'), { recursive: true });
  await mkdir(lab.gamesDir, { recursive: true });
  await symlink(elsewhere, root);
  lab.state.intents.put({ root, gameId, kind: 'Installing', version: '1', madeRoot: false, startedAt: 1 });
  const { actions } = await lab.recover();
  assert.ok(isThere(join(elsewhere, '.local.installing')));
  assert.equal(actions[0]?.paths, [root]);
  await rm(root);
  await mkdir(root);
  await lab.recover();
  assert.is(lab.state.intents.get(root), undefined, 'a real folder in its place settles it');
});

test('every reported state is settled by doing what its advice says', async () => {
  for (const { row, isReported, after: _after, ...left } of rows) {
    if (!isReported) continue;
    await using lab = await installLab();
    const root = await leave(lab, left);
    const { actions } = await lab.recover();
    const { advice, paths = [] } = actions[0] ?? {};
    if (advice === undefined) continue;
    assert.ok(paths.length > 0, row);
    for (const path of paths) await rm(path, { recursive: true });
    const { actions: after } = await lab.recover();
    assert.equal(
      after.map(({ report }) => report),
      after.map(() => undefined),
      row,
    );
    assert.is(lab.state.intents.get(root), undefined, row);
    assert.equal((await lab.recover()).actions, [], row);
  }
});

test('a game under an operation is skipped, and so is what is no game', async () => {
  await using lab = await installLab();
  const root = await leave(lab, { intent: 'Installing', staging: 'marked' });
  await mkdir(join(lab.gamesDir, 'not a game', '.local.installing'), { recursive: true });
  await writeFile(join(lab.gamesDir, 'not a game', '.local.installing', markerName), '');
  const report = await recover(lab.context, { gamesDir: lab.gamesDir, isActive: (id) => id === gameId });
  assert.equal(report, { judged: true, actions: [] });
  assert.ok(isThere(join(root, '.local.installing')));
});

test('recovery and an operation that begins never work on one game at the same time', async () => {
  const { promise: mayGoOn, resolve: goOn } = Promise.withResolvers<void>();
  const { promise: isDeleting, resolve: deletes } = Promise.withResolvers<void>();
  const deleted: string[] = [];
  const fileSystem = {
    ...nodeFileSystem,
    async deleteTree(path: string) {
      deleted.push(path);
      deletes();
      if (deleted.length === 1) await mayGoOn;
      await nodeFileSystem.deleteTree(path);
    },
  };
  await using lab = await installLab({ fileSystem });
  const root = await leave(lab, { intent: 'Installing', staging: 'marked' });
  let isActive = false;
  const recovering = recover(lab.context, { gamesDir: lab.gamesDir, isActive: () => isActive });
  await isDeleting;
  isActive = true;
  let hasSettled = false;
  const settling = lab.installer.settle({ gameId, root }, {}).then(() => (hasSettled = true));
  const later = recover(lab.context, { gamesDir: lab.gamesDir, isActive: () => isActive });
  // Another game is settled meanwhile, and takes as long.
  const zork = { gameId: parseGameId('zork'), root: join(lab.gamesDir, 'zork') };
  await mkdir(join(zork.root, '.local.installing', 'data'), { recursive: true });
  await writeFile(join(zork.root, '.local.installing', markerName), '');
  await lab.installer.settle(zork, {});
  assert.not(isThere(join(zork.root, '.local.installing')));
  assert.is(hasSettled, false, 'the operation waits until its root is settled');
  assert.is(deleted.filter((path) => path.startsWith(root)).length, 1);
  goOn();
  await settling;
  assert.equal((await recovering).actions[0]?.steps, ['delete-staging', 'clear-intent']);
  assert.equal((await later).actions, [], 'a later recovery leaves the game to its operation');
});

test('one game that cannot be settled does not keep the others from it', async () => {
  const fileSystem = faultFileSystem(nodeFileSystem, ({ name, path }) => {
    if (name === 'deleteTree' && path.includes('quake')) throw systemError('EACCES');
  });
  await using lab = await installLab({ fileSystem });
  const root = await leave(lab, { intent: 'Installing', staging: 'marked' });
  await mkdir(join(lab.gamesDir, 'zork', '.local.installing'), { recursive: true });
  await writeFile(join(lab.gamesDir, 'zork', '.local.installing', markerName), '');
  const { actions } = await lab.recover();
  const of = (id: string): RecoveryAction | undefined => actions.find((action) => action.gameId === id);
  assert.ok(of('quake')?.error);
  assert.ok(lab.state.intents.get(root), 'the next start tries again');
  assert.equal(of('zork')?.steps, ['delete-staging']);
});

test('a games folder that is not there, or does not answer, is not judged', async () => {
  await using lab = await installLab();
  const root = await leave(lab, { intent: 'Updating', local: true });
  const away = join(lab.directory, 'away');
  await rename(lab.gamesDir, away);
  assert.equal(await lab.recover(), { judged: false, reason: 'it is not there', actions: [] });
  await writeFile(lab.gamesDir, 'a file');
  assert.is((await lab.recover()).judged, false);
  assert.ok(lab.state.intents.get(root));
});

test('what is left where the drive was mounted is not judged: the journal is there when the drive is back', async () => {
  for (const kind of ['Installing', 'Updating', 'Uninstalling'] as const) {
    await using lab = await installLab();
    const root = await leave(lab, { intent: kind, backup: 'unmarked' });
    const drive = join(lab.directory, 'drive');
    await rename(lab.gamesDir, drive);
    await mkdir(lab.gamesDir);
    assert.equal((await lab.recover()).actions, []);
    assert.is(lab.state.intents.get(root)?.kind, kind);
    await rm(lab.gamesDir, { recursive: true });
    await rename(drive, lab.gamesDir);
    await lab.recover();
    if (kind === 'Updating') assert.equal(await whatLies(root), ['local=backup']);
    if (kind === 'Uninstalling') assert.equal(await whatLies(root), []);
  }
});

test('the next operation settles what an earlier one could not, and is refused where only a person can', async () => {
  await using lab = await installLab();
  const root = await leave(lab, { intent: 'Updating', backup: 'unmarked', staging: 'unmarked' });
  await lab.installer.settle({ gameId, root }, {});
  assert.equal(await whatLies(root), ['local=backup'], 'a download that begins does not bury the old install');
  await rm(join(root, 'local'), { recursive: true });
  await leave(lab, { intent: 'Installing', backup: 'unmarked' });
  let thrown: unknown;
  await lab.installer.settle({ gameId, root }, {}).catch((error: unknown) => (thrown = error));
  if (!(thrown instanceof LanspreadError)) throw new Error('it was not refused');
  assert.is(thrown.code, 'UNSAFE_ROOT');
  assert.match(thrown.message, '.local.backup');
});

test('a download is removed although an install of it was left unfinished', async () => {
  await using lab = await installLab();
  const root = await leave(lab, { intent: 'Installing', staging: 'unmarked', sentinel: true });
  await lab.installer.assertRemovable({ gameId, root });
  await lab.installer.removeDownload({ gameId, root });
  assert.not(isThere(root));
  assert.equal(lab.state.intents.all(), []);
});

test.run();
