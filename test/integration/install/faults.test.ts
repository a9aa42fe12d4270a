import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { nodeFileSystem, parseGameId, type ErrorCode, type FileSystem } from '../../../app/core/base/index.ts';
import type { RecoveryAction } from '../../../app/core/install/index.ts';
import type { IntentKind } from '../../../app/core/state/index.ts';
import { faultFileSystem, systemError } from '../../support/fault-file-system.ts';
import type { GameRoot, GameSpec } from '../../support/games.ts';
import { installLab, isThere, listener, requestFor, type InstallLab } from '../../support/install-lab.ts';
import { assertSameTree, readTree } from '../../support/trees.ts';

const spec: GameSpec = {
  id: 'victim',
  archives: [
    {
      entries: [
        { path: 'a/one.bin', sizeBytes: 5000 },
        { path: 'start', text: 'x', executable: true },
      ],
    },
  ],
  loose: [{ path: 'readme.txt', text: 'hello' }],
};
const signal = (): AbortSignal => AbortSignal.timeout(60_000);

/** A disk that fails one step, or from that step on. */
class WeakDisk {
  readonly fileSystem: FileSystem;
  steps = 0;
  #failAt = 0;
  #code = 'EIO';
  #forever = false;

  constructor() {
    this.fileSystem = faultFileSystem(nodeFileSystem, () => {
      this.steps += 1;
      const hit = this.#forever ? this.steps >= this.#failAt : this.steps === this.#failAt;
      if (this.#failAt > 0 && hit) throw systemError(this.#code);
    });
  }

  /** From now: step 0 is none. */
  failAt(step: number, { code = 'EIO', forever = false } = {}): void {
    this.steps = 0;
    this.#failAt = step;
    this.#code = code;
    this.#forever = forever;
  }
}

const faults: [string, ErrorCode][] = [
  ['ENOSPC', 'DISK_FULL'],
  ['EIO', 'IO_ERROR'],
  ['EACCES', 'PERMISSION_DENIED'],
  ['EMFILE', 'IO_ERROR'],
];

function assertInstalled(lab: InstallLab, game: GameRoot): void {
  assert.is(lab.state.library.get(game.root)?.installedVersion, game.version);
  assert.equal(lab.state.intents.all(), []);
}

for (const [code, wanted] of faults) {
  test(`an install hit by ${code} at any step rolls back exactly or is not a failure any more`, async () => {
    const disk = new WeakDisk();
    await using lab = await installLab({ fileSystem: disk.fileSystem });
    const game = await lab.game(spec);
    const request = requestFor(game);
    disk.failAt(0);
    await lab.installer.install(request, listener, { signal: signal() });
    const { steps } = disk;
    assert.ok(steps > 8, `${steps} steps`);
    await lab.installer.uninstall(request, { signal: signal() });
    let failures = 0;
    for (let step = 1; step <= steps; step += 1) {
      disk.failAt(step, { code });
      const error: unknown = await lab.installer.install(request, listener, { signal: signal() }).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      disk.failAt(0);
      if (error === undefined) {
        assertSameTree(await readTree(join(game.root, 'local')), game.installed, `step ${step}`);
        await lab.recover();
      } else {
        failures += 1;
        assert.is(Reflect.get(Object(error), 'code'), wanted, `step ${step}`);
        assertSameTree(await readTree(game.root), game.tree, `step ${step}`);
        assert.equal(lab.state.intents.all(), [], `step ${step}`);
        await lab.installer.install(request, listener, { signal: signal() });
      }
      assertInstalled(lab, game);
      await lab.installer.uninstall(request, { signal: signal() });
    }
    assert.ok(failures >= steps - 2, `${failures} of ${steps} steps fail the install`);
  });
}

test('a disk that stays broken leaves the rest to recovery, which the next operation runs', async () => {
  const disk = new WeakDisk();
  await using lab = await installLab({ fileSystem: disk.fileSystem });
  const game = await lab.game(spec);
  const request = requestFor(game);
  disk.failAt(0);
  await lab.installer.install(request, listener, { signal: signal() });
  const { steps } = disk;
  for (let step = 1; step <= steps; step += 1) {
    await lab.installer.uninstall(request, { signal: signal() });
    disk.failAt(step, { forever: true });
    await lab.installer.install(request, listener, { signal: signal() }).catch(() => undefined);
    disk.failAt(0);
    if (!isThere(join(game.root, 'local'))) await lab.installer.install(request, listener, { signal: signal() });
    else await lab.recover();
    assertInstalled(lab, game);
    assertSameTree(await readTree(join(game.root, 'local')), game.installed, `step ${step}`);
    assert.equal((await readdir(game.root)).sort(), ['local', 'readme.txt', 'version.ini', 'victim.eti']);
  }
});

test('an uninstall hit by a fault at any step has not begun or goes forward', async () => {
  const disk = new WeakDisk();
  await using lab = await installLab({ fileSystem: disk.fileSystem });
  const game = await lab.game(spec);
  const request = requestFor(game);
  await lab.installer.install(request, listener, { signal: signal() });
  disk.failAt(0);
  await lab.installer.uninstall(request, { signal: signal() });
  const { steps } = disk;
  assert.ok(steps >= 5);
  for (let step = 1; step <= steps; step += 1) {
    await lab.installer.install(request, listener, { signal: signal() });
    disk.failAt(step, { forever: step % 2 === 0 });
    const failed = await lab.installer.uninstall(request, { signal: signal() }).then(
      () => false,
      () => true,
    );
    disk.failAt(0);
    assert.is(isThere(join(game.root, 'local')), failed, `step ${step}: failed means untouched`);
    await lab.recover();
    if (failed) {
      assertSameTree(await readTree(join(game.root, 'local')), game.installed);
      await lab.installer.uninstall(request, { signal: signal() });
    }
    assertSameTree(await readTree(game.root), game.tree, `step ${step}`);
    assert.is(lab.state.library.get(game.root)?.installedVersion, undefined);
  }
});

test('an uninstall on a disk that is full to the last byte leaves nothing of the game behind', async () => {
  let isFull = false;
  const disk = faultFileSystem(nodeFileSystem, ({ name }) => {
    if (isFull && (name === 'writeFile' || name === 'write' || name === 'makeDirectory')) throw systemError('ENOSPC');
  });
  await using lab = await installLab({ fileSystem: disk });
  const game = await lab.game(spec);
  await lab.installer.install(requestFor(game), listener, { signal: signal() });
  isFull = true;
  await lab.installer.uninstall(requestFor(game), { signal: signal() });
  assertSameTree(await readTree(game.root), game.tree);
  assert.equal(lab.state.intents.all(), []);
});

test('a games folder that is away for the moment of a delete keeps nothing from being deleted', async () => {
  const away = new Set(['.local.backup', 'victim']);
  let isArmed = false;
  // The tree is away when it is to be deleted, which is no error, and back right after.
  const disk: FileSystem = {
    ...nodeFileSystem,
    deleteTree: async (path) => {
      if (!isArmed || !away.delete(basename(path))) await nodeFileSystem.deleteTree(path);
    },
  };
  await using lab = await installLab({ fileSystem: disk });
  const game = await lab.game(spec);
  await lab.installer.install(requestFor(game), listener, { signal: signal() });
  isArmed = true;
  await lab.installer.uninstall(requestFor(game), { signal: signal() });
  assertSameTree(await readTree(game.root), game.tree);
  await lab.installer.removeDownload(requestFor(game));
  assert.equal(await readdir(lab.gamesDir), []);
  assert.is(away.size, 0);
});

// Recovery on a real disk: what is laid out, and what is there afterwards.

interface Layout {
  intent?: IntentKind;
  local?: string;
  staging?: string;
  backup?: string;
  /** Without the marker. */
  unmarked?: ('staging' | 'backup')[];
  sentinel?: boolean;
}

const root = (lab: InstallLab): string => join(lab.gamesDir, 'victim');

async function lay(lab: InstallLab, { intent, local, staging, backup, unmarked = [], sentinel = true }: Layout) {
  const game = root(lab);
  await mkdir(game, { recursive: true });
  if (sentinel) await writeFile(join(game, 'version.ini'), '2');
  for (const [name, content, isOwned] of [
    ['local', local, false],
    ['.local.installing', staging, !unmarked.includes('staging')],
    ['.local.backup', backup, !unmarked.includes('backup')],
  ] as const) {
    if (content === undefined) continue;
    await mkdir(join(game, name));
    await writeFile(join(game, name, 'file.txt'), content);
    if (isOwned) await writeFile(join(game, name, '.lanspread_owned'), '');
  }
  if (intent)
    lab.state.intents.put({
      root: game,
      gameId: parseGameId('victim'),
      kind: intent,
      version: '2',
      madeRoot: true,
      startedAt: 0,
    });
}

async function recoverTwice(lab: InstallLab): Promise<readonly RecoveryAction[]> {
  const { actions } = await lab.recover();
  const after = existsSync(lab.gamesDir) ? await readTree(lab.gamesDir) : [];
  await lab.recover();
  assertSameTree(await readTree(lab.gamesDir), after, 'after a second recovery');
  return actions;
}

async function namesAndTexts(lab: InstallLab): Promise<string[]> {
  const { readFile } = await import('node:fs/promises');
  const lines: string[] = [];
  for (const { path, kind } of await readTree(root(lab))) {
    if (kind !== 'file' || path === 'version.ini') continue;
    const text = await readFile(join(root(lab), path), 'utf8');
    lines.push(`${path.replace(/conflict-[^/]+/, 'conflict-TIME')}${text === '' ? '' : `: ${text}`}`);
  }
  return lines;
}

const layouts: { name: string; layout: Layout; after: string[]; isReported?: boolean }[] = [
  { name: 'stale staging is deleted', layout: { local: 'mine', staging: 'half' }, after: ['local/file.txt: mine'] },
  {
    name: 'a stale backup beside an install is deleted',
    layout: { local: 'new', backup: 'old' },
    after: ['local/file.txt: new'],
  },
  {
    name: 'a backup without an install comes back, without its marker',
    layout: { backup: 'old', staging: 'half' },
    after: ['local/file.txt: old'],
  },
  {
    name: 'a lost journal with everything there keeps both trees',
    layout: { local: 'stray', staging: 'half', backup: 'old' },
    after: ['.local.conflict-TIME/file.txt: stray', 'local/file.txt: old'],
    isReported: true,
  },
  {
    name: "somebody else's folders stay",
    layout: { staging: 'theirs', backup: 'theirs', unmarked: ['staging', 'backup'] },
    after: ['.local.backup/file.txt: theirs', '.local.installing/file.txt: theirs'],
    isReported: true,
  },
  {
    name: 'a broken-off install is undone even without the marker',
    layout: { intent: 'Installing', staging: 'half', unmarked: ['staging'] },
    after: [],
  },
  {
    name: 'an update before the swap leaves the old',
    layout: { intent: 'Updating', local: 'old', staging: 'new' },
    after: ['local/file.txt: old'],
  },
  {
    name: 'an update amid the swap brings the old back',
    layout: { intent: 'Updating', staging: 'new', backup: 'old', unmarked: ['backup'] },
    after: ['local/file.txt: old'],
  },
  {
    name: 'an update after the swap is finished',
    layout: { intent: 'Updating', local: 'new', backup: 'old' },
    after: ['local/file.txt: new'],
  },
  {
    name: 'an update with a stray install keeps both',
    layout: { intent: 'Updating', local: 'stray', staging: 'new', backup: 'old' },
    after: ['.local.conflict-TIME/file.txt: stray', 'local/file.txt: old'],
    isReported: true,
  },
  {
    name: 'an uninstall is finished',
    layout: { intent: 'Uninstalling', backup: 'half', unmarked: ['backup'] },
    after: [],
  },
  {
    name: 'an uninstall not begun leaves the install',
    layout: { intent: 'Uninstalling', local: 'mine' },
    after: ['local/file.txt: mine'],
  },
  {
    name: 'an impossible removal touches nothing',
    layout: { intent: 'Removing', local: 'mine' },
    after: ['local/file.txt: mine'],
    isReported: true,
  },
];

for (const { name, layout, after, isReported = false } of layouts) {
  test(`recovery: ${name}`, async () => {
    await using lab = await installLab();
    await lay(lab, layout);
    const actions = await recoverTwice(lab);
    assert.equal(await namesAndTexts(lab), after);
    assert.is(
      actions.some(({ report }) => report !== undefined),
      isReported,
    );
    assert.is(
      actions.some(({ error }) => error !== undefined),
      false,
    );
    if (!isReported || layout.intent !== 'Removing') assert.equal(lab.state.intents.all(), []);
  });
}

test('recovery: a broken-off download keeps its payload and loses the sentinel transients', async () => {
  await using lab = await installLab();
  await lay(lab, { intent: 'Downloading', sentinel: false });
  for (const name of ['.version.ini.tmp', '.version.ini.discarded', 'victim.eti'])
    await writeFile(join(root(lab), name), 'x');
  await recoverTwice(lab);
  assert.equal(await readdir(root(lab)), ['victim.eti']);
});

test('recovery: the sentinel transients go without a journal, too', async () => {
  await using lab = await installLab();
  await lay(lab, { local: 'mine', sentinel: false });
  for (const name of ['.version.ini.tmp', '.version.ini.discarded', 'victim.eti'])
    await writeFile(join(root(lab), name), 'x');
  await recoverTwice(lab);
  assert.equal((await readdir(root(lab))).sort(), ['local', 'victim.eti']);
});

test('recovery: a broken-off streamed install takes the root that it made, if that is empty', async () => {
  await using lab = await installLab();
  await lay(lab, { intent: 'Streaming', staging: 'half', sentinel: false });
  await recoverTwice(lab);
  assert.equal(await readdir(lab.gamesDir), []);
  await lay(lab, { intent: 'Streaming', staging: 'half', sentinel: true });
  await recoverTwice(lab);
  assert.equal(await readdir(root(lab)), ['version.ini']);
});

test('recovery: a removal is finished, and a missing root only loses its intent', async () => {
  await using lab = await installLab();
  await lay(lab, { intent: 'Removing' });
  await recoverTwice(lab);
  assert.equal(await readdir(lab.gamesDir), []);
  assert.equal(lab.state.intents.all(), []);
});

test('recovery: a missing games folder is not judged', async () => {
  await using lab = await installLab();
  await lay(lab, { intent: 'Installing', staging: 'half' });
  await rename(lab.gamesDir, `${lab.gamesDir}-unplugged`);
  assert.equal(await lab.recover(), { judged: false, reason: 'it is not there', actions: [] });
  assert.is(lab.state.intents.all().length, 1);
  await rename(`${lab.gamesDir}-unplugged`, lab.gamesDir);
  assert.is((await lab.recover()).judged, true);
  assert.equal(lab.state.intents.all(), []);
});

test('recovery: a game folder that is a link is not followed', async () => {
  await using lab = await installLab();
  await lay(lab, { staging: 'half' });
  await rename(root(lab), join(lab.directory, 'elsewhere'));
  await symlink(join(lab.directory, 'elsewhere'), root(lab));
  lab.state.intents.put({
    root: root(lab),
    gameId: parseGameId('victim'),
    kind: 'Installing',
    version: '2',
    madeRoot: false,
    startedAt: 0,
  });
  const { actions } = await lab.recover();
  assert.ok(actions[0]?.report);
  assert.ok(isThere(join(lab.directory, 'elsewhere', '.local.installing', 'file.txt')));
});

test.run();
