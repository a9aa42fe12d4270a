/**
 * The installer for Windows, driven as an administrator's script drives it. `npm run windows -- setup` makes two versions
 * of it and runs this on Windows' Node.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { until } from '../support/eventually.ts';
import { patience } from '../support/patience.ts';
import { setupPath, testVersions } from '../support/test-setups.ts';

const test = suite('the installer for Windows');
const limitMs = 60_000 * patience;
const [oldVersion, newVersion] = testVersions;

const local = process.env['LOCALAPPDATA'] ?? '';
const programDir = join(local, 'Programs', 'Lanspread');
const stateDir = join(local, 'Lanspread');
const desktopIcon = join(process.env['USERPROFILE'] ?? '', 'Desktop', 'Lanspread.lnk');
const startMenu = join(process.env['APPDATA'] ?? '', 'Microsoft', 'Windows', 'Start Menu', 'Programs');
const uninstallKey = 'Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\Lanspread';

/** Runs to its end; resolves to the exit code. */
async function run(file: string, args: readonly string[]): Promise<number> {
  // NSIS wants the folder of /D without quotes, spaces and all.
  const windowsVerbatimArguments = args.some((argument) => argument.startsWith('/D='));
  const child = spawn(file, args, { stdio: 'ignore', windowsVerbatimArguments });
  const [code] = (await once(child, 'exit', { signal: AbortSignal.timeout(limitMs) })) as [number | null];
  return code ?? 1;
}

const setUp = (version: string, ...flags: string[]): Promise<number> => run(setupPath(version), ['/S', ...flags]);
const isRegistered = async (root: 'HKCU' | 'HKLM'): Promise<boolean> =>
  (await run('reg.exe', ['query', `${root}\\${uninstallKey}`])) === 0;
const lanspread = (...args: string[]): Promise<number> =>
  run('cmd.exe', ['/d', '/c', join(programDir, 'lanspread.cmd'), ...args]);
const pointer = (): string[] => readFileSync(join(programDir, 'current'), 'utf8').trim().split(/\r?\n/);

/** Starts the launcher by its icon's program and waits until its page is there. */
async function startLauncher(): Promise<{ ended: Promise<number>; page: () => Promise<number> }> {
  const args = ['start', '--no-open', '--listen', '127.0.0.1'];
  const ended = run(join(programDir, 'Lanspread.exe'), args);
  // Told where it is waited for.
  ended.catch(() => {});
  const address = join(stateDir, 'rpc.json');
  await until('the launcher is up', () => existsSync(address), { limitMs });
  const { port } = JSON.parse(readFileSync(address, 'utf8')) as { port: number };
  const page = async (): Promise<number> => (await fetch(`http://127.0.0.1:${port}/`)).status;
  assert.is(await page(), 200);
  return { ended, page };
}

/** The uninstaller goes on in a copy of itself, and the first one returns at once. */
async function uninstall(folder: string, ...flags: string[]): Promise<void> {
  assert.is(await run(join(folder, 'uninstall.exe'), ['/S', ...flags]), 0);
  await until('the program is gone', () => !existsSync(folder), { limitMs });
}

async function wipe(): Promise<void> {
  for (const path of [programDir, stateDir, desktopIcon, join(startMenu, 'Startup', 'Lanspread.lnk')])
    await rm(path, { recursive: true, force: true, maxRetries: 10 });
  for (const root of ['HKCU', 'HKLM']) await run('reg.exe', ['delete', `${root}\\${uninstallKey}`, '/f']);
}

test.before(wipe);
test.after(wipe);

test('installs for one user, silently, with icons and an entry among the programs', async () => {
  assert.is(await setUp(oldVersion), 0);
  assert.equal(pointer(), [oldVersion]);
  assert.ok(existsSync(desktopIcon));
  assert.ok(existsSync(join(startMenu, 'Lanspread.lnk')));
  assert.not.ok(existsSync(join(startMenu, 'Startup', 'Lanspread.lnk')));
  assert.ok(await isRegistered('HKCU'));
  assert.not.ok(existsSync(join(programDir, 'incoming')));
});

test('upgrades in place while the launcher runs, and the next start runs the new version', async () => {
  const running = await startLauncher();
  assert.is(await setUp(newVersion, '/Autostart'), 0);
  assert.equal(pointer(), [newVersion, oldVersion]);
  assert.is(await running.page(), 200, 'the old version goes on');
  assert.ok(existsSync(join(startMenu, 'Startup', 'Lanspread.lnk')));
  assert.is(await lanspread('quit'), 0);
  assert.is(await running.ended, 0);
  const again = await startLauncher();
  await until('the new version is proven', () => {
    const record = JSON.parse(readFileSync(join(stateDir, 'versions.json'), 'utf8')) as { proven?: string };
    return record.proven === newVersion;
  });
  assert.is(await setUp(newVersion), 0, 'the same version over itself, while it runs');
  assert.equal(pointer(), [newVersion, oldVersion]);
  assert.is(await again.page(), 200);
  assert.is(await lanspread('quit'), 0);
  assert.is(await again.ended, 0);
});

test('killed in the middle, it leaves what was installed, and the next run finishes', async () => {
  const child = spawn(setupPath(newVersion), ['/S'], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  await until('it writes', () => existsSync(join(programDir, 'incoming', 'versions')), { limitMs });
  child.kill('SIGKILL');
  await ended;
  assert.equal(pointer(), [newVersion, oldVersion]);
  assert.is(await lanspread('--version'), 0);
  assert.is(await setUp(newVersion), 0);
  assert.not.ok(existsSync(join(programDir, 'incoming')));
  assert.is(await lanspread('--version'), 0);
});

test('uninstalls while the launcher runs; settings and games stay, nothing else does', async () => {
  const running = await startLauncher();
  const save = join(stateDir, 'games', 'mine', 'save.txt');
  await mkdir(join(stateDir, 'games', 'mine'), { recursive: true });
  await writeFile(save, 'kept');
  await uninstall(programDir);
  assert.is(await running.ended, 0);
  for (const path of [desktopIcon, join(startMenu, 'Lanspread.lnk'), join(startMenu, 'Startup', 'Lanspread.lnk')])
    assert.not.ok(existsSync(path), path);
  assert.not.ok(await isRegistered('HKCU'));
  assert.ok(existsSync(join(stateDir, 'lanspread.db')));
  assert.is(readFileSync(save, 'utf8'), 'kept');
});

test('takes settings and games along only when it is told to', async () => {
  assert.is(await setUp(oldVersion, '/NoDesktop'), 0);
  assert.not.ok(existsSync(desktopIcon));
  await uninstall(programDir, '/RemoveState');
  assert.equal(readdirSync(stateDir), ['games']);
  assert.is(await setUp(oldVersion), 0);
  await uninstall(programDir, '/RemoveGames');
  assert.not.ok(existsSync(stateDir));
});

test('installs for all users into Program Files', async () => {
  const forAll = join(process.env['ProgramFiles'] ?? '', 'Lanspread');
  assert.is(await setUp(oldVersion, '/AllUsers'), 0);
  assert.ok(existsSync(join(forAll, 'Lanspread.exe')));
  assert.ok(await isRegistered('HKLM'));
  assert.not.ok(existsSync(programDir));
  await uninstall(forAll, '/AllUsers');
  assert.not.ok(await isRegistered('HKLM'));
});

test('installs where it is told, and leaves there what it did not bring', async () => {
  const chosen = join(local, 'Temp', 'Spiele & Größe', 'Lanspread');
  assert.is(await setUp(oldVersion, `/D=${chosen}`), 0);
  assert.ok(existsSync(join(chosen, 'Lanspread.exe')));
  await writeFile(join(chosen, 'notes.txt'), 'mine');
  assert.is(await run(join(chosen, 'uninstall.exe'), ['/S']), 0);
  await until('the program is gone', () => !existsSync(join(chosen, 'uninstall.exe')), { limitMs });
  assert.equal(readdirSync(chosen), ['notes.txt']);
  await rm(chosen, { recursive: true });
});

if (process.platform === 'win32') test.run();
else {
  console.log('SKIP the installer for Windows: run it with `npm run windows -- setup`');
  const skipped = suite('the installer for Windows');
  skipped.skip('runs on Windows');
  skipped.run();
}
