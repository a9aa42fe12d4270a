/** Extensions that break the rules: the core goes on, others notice nothing, and the error names who it was. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError } from '../../../app/core/base/index.ts';
import { eventually, until } from '../../support/eventually.ts';
import {
  copyExtension,
  describeFolder,
  hostLab,
  misbehavingFolder,
  type HostLab,
} from '../../support/extension-host.ts';
import { diskFull } from '../../support/full-state-disk.ts';
import { tempDir } from '../../support/temp.ts';
import { failure } from '../../support/failure.ts';

const bad = 'fixtures.misbehaving';
const mib = 1024 * 1024;
/** The process of a deed is never stopped for its number of crashes here. */
const patient = { crashes: 1_000, graceMs: 1_000 };

function commit(
  lab: HostLab,
  deed: string,
  { id = bad, limitMs = 30_000 } = {},
): Promise<{ games: readonly unknown[] }> {
  return lab.host.catalogPage(id, 'bad', { configuration: deed, signal: AbortSignal.timeout(limitMs) });
}

function pidOf(lab: HostLab, id = bad): number | undefined {
  return lab.host.states().find((state) => state.id === id)?.pid;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A misbehaving extension beside a good one. */
async function withBystander(work: (lab: HostLab, bystander: string) => Promise<void>): Promise<void> {
  await using temp = await tempDir('hostile');
  const folder = await copyExtension(misbehavingFolder, { to: temp.join('bystander'), name: 'bystander' });
  const good = await describeFolder(folder);
  await using lab = hostLab([await describeFolder(misbehavingFolder), good], patient);
  await work(lab, good.id);
}

const fatal: readonly (readonly [string, readonly string[]])[] = [
  ['spin', ['EXTENSION_TIMEOUT']],
  ['eat-heap', ['EXTENSION_CRASHED', 'EXTENSION_TIMEOUT']],
  ['eat-memory', ['EXTENSION_MISBEHAVED', 'EXTENSION_TIMEOUT']],
  ['exit', ['EXTENSION_CRASHED']],
  ['abort', ['EXTENSION_CRASHED']],
  ['throw-later', ['EXTENSION_CRASHED']],
  ['close-link', ['EXTENSION_MISBEHAVED']],
  ['flood-notices', ['EXTENSION_MISBEHAVED']],
  ['flood-requests', ['EXTENSION_MISBEHAVED']],
  ['flood-unknown', ['EXTENSION_MISBEHAVED']],
  ['flood-answers', ['EXTENSION_MISBEHAVED']],
  ['flood-cancels', ['EXTENSION_MISBEHAVED']],
  ['flood-stdout', ['EXTENSION_MISBEHAVED', 'EXTENSION_TIMEOUT']],
  ['huge-message', ['EXTENSION_MISBEHAVED']],
  ['not-json', ['EXTENSION_MISBEHAVED']],
  ['not-rpc', ['EXTENSION_MISBEHAVED']],
  ['bad-cancel', ['EXTENSION_MISBEHAVED']],
  ['bad-log', ['EXTENSION_MISBEHAVED']],
];

test('whatever an extension does to itself or to its line ends it alone, is named, and the next call starts it anew', async () => {
  await withBystander(async (lab, bystander) => {
    await commit(lab, 'good', { id: bystander });
    const pid = pidOf(lab, bystander);
    const memoryBefore = process.memoryUsage.rss();
    for (const [deed, codes] of fatal) {
      await commit(lab, 'good');
      const before = pidOf(lab);
      assert.ok(before, 'it runs');
      const delay = monitorEventLoopDelay();
      delay.enable();
      const work = failure(commit(lab, deed));
      const meanwhile = await commit(lab, 'good', { id: bystander });
      assert.is(meanwhile.games.length, 1, `another extension answers during ${deed}`);
      const error = await work;
      delay.disable();
      assert.ok(codes.includes(error.code), `${deed}: ${error.code} ${error.message}`);
      assert.is(error.details['extensionId'], bad, deed);
      assert.match(error.message, /^Misbehaving \(fixtures\.misbehaving\) /, deed);
      assert.ok(delay.max / 1e6 < 2_000, `${deed} held up the core for ${delay.max / 1e6} ms`);
      await until(`the process of ${deed} is gone`, () => !isAlive(before));
      assert.is(pidOf(lab, bystander), pid, 'the other extension runs on');
    }
    const grownMib = (process.memoryUsage.rss() - memoryBefore) / mib;
    assert.ok(grownMib < 150, `the core has grown by ${grownMib} MiB`);
    assert.is(lab.crashes.length, fatal.length);
    assert.ok(lab.crashes.every(({ id }) => id === bad));
  });
});

test('an extension that throws or answers nonsense fails that call, and its process goes on', async () => {
  await using lab = hostLab([await describeFolder(misbehavingFolder)], patient);
  await commit(lab, 'good');
  const pid = pidOf(lab);
  assert.match((await failure(commit(lab, 'throw'))).message, /on purpose/);
  assert.is((await failure(commit(lab, 'throw'))).code, 'EXTENSION_FAILED');
  assert.is((await failure(commit(lab, 'wrong-answer'))).code, 'EXTENSION_MISBEHAVED');
  assert.is((await failure(commit(lab, 'huge-answer'))).code, 'EXTENSION_FAILED');
  await commit(lab, 'deep-answer');
  await commit(lab, 'good');
  assert.is(pidOf(lab), pid);
});

test('nothing outside its own folder can be read, written, reached, started or signalled', async () => {
  await using lab = hostLab([await describeFolder(misbehavingFolder)], patient);
  const deeds = ['read-passwd', 'list-home', 'write-file', 'connect', 'spawn', 'worker', 'kill-parent', 'kill-group'];
  for (const deed of [...deeds, 'open-database', 'open-database-anew', 'debug-parent', 'slow-parent', 'fetch']) {
    const [game] = (await commit(lab, deed)).games as { title: string }[];
    assert.match(game?.title ?? '', deed === 'fetch' ? /fetch failed/ : /^ERR_ACCESS_DENIED$/, deed);
  }
  assert.equal((await commit(lab, 'environment')).games, [{ id: 'x', title: '{}', version: '1' }]);
  assert.not.ok(existsSync(`${tmpdir()}/lanspread-misdeed`));
});

test('a call that is given up is told to the extension; one that goes on is killed after the grace', async () => {
  await using lab = hostLab([await describeFolder(misbehavingFolder)], patient);
  await commit(lab, 'good');
  const pid = pidOf(lab);
  assert.ok(pid);
  const cancel = new AbortController();
  const work = failure(lab.host.catalogPage(bad, 'bad', { configuration: 'ignore-abort', signal: cancel.signal }));
  // Answered after the other one was begun.
  await commit(lab, 'good');
  const startedAt = performance.now();
  cancel.abort(new LanspreadError('CANCELLED'));
  assert.is((await work).code, 'CANCELLED');
  assert.ok(performance.now() - startedAt < 1_000, 'nobody waits for the grace');
  await until('it is killed', () => !isAlive(pid));
  const crash = await eventually('the crash is counted', () => lab.crashes[0]);
  assert.is(crash.error.code, 'EXTENSION_TIMEOUT');
});

test('an answer that never comes is a time-out that names the extension', async () => {
  await using lab = hostLab([await describeFolder(misbehavingFolder)], { ...patient, catalogPageMs: 300 });
  const error = await failure(commit(lab, 'never-answer'));
  assert.is(error.code, 'EXTENSION_TIMEOUT');
  assert.match(error.message, /Misbehaving .* gave no page/);
});

test('three crashes in five minutes disable it; it says so until the player enables it again', async () => {
  const description = await describeFolder(misbehavingFolder);
  await using lab = hostLab([description]);
  for (let count = 0; count < 3; count += 1) assert.is((await failure(commit(lab, 'exit'))).code, 'EXTENSION_CRASHED');
  const refused = await failure(commit(lab, 'good'));
  assert.is(refused.code, 'EXTENSION_DISABLED');
  assert.match(refused.message, /Misbehaving .* ended 3 times .* exit code 7/);
  assert.equal(
    lab.disabled.map(({ id }) => id),
    [bad],
  );
  assert.is(lab.states.at(-1)?.phase, 'disabled');
  // The store takes note, and the player turns it on again.
  lab.host.set([{ ...description, enabled: false }]);
  assert.is((await failure(commit(lab, 'good'))).code, 'EXTENSION_DISABLED');
  lab.host.set([description]);
  assert.is((await commit(lab, 'good')).games.length, 1);
});

test('several calls that wait when the process dies all reject at once', async () => {
  await using lab = hostLab([await describeFolder(misbehavingFolder)], patient);
  await commit(lab, 'good');
  const pid = pidOf(lab);
  assert.ok(pid);
  const waiting = Array.from({ length: 10 }, () => failure(commit(lab, 'never-answer')));
  await commit(lab, 'good');
  process.kill(pid, 'SIGKILL');
  for (const error of await Promise.all(waiting)) assert.is(error.code, 'EXTENSION_CRASHED');
});

test('an idle extension is stopped and started again; one that hangs when it is put away is killed', async () => {
  await using lab = hostLab([await describeFolder(misbehavingFolder)], { ...patient, idleMs: 50, deactivateMs: 300 });
  await commit(lab, 'good');
  await until('it is stopped', () => lab.states.at(-1)?.phase === 'stopped');
  await commit(lab, 'good');
  const pid = pidOf(lab);
  assert.ok(pid);
  await commit(lab, 'hang-on-deactivate');
  await until('it is killed', () => !isAlive(pid));
  assert.equal(lab.crashes, [], 'to be put away is no crash');
});

test('stopping the host ends every process within its time, and what is pending rejects', async () => {
  const lab = hostLab([await describeFolder(misbehavingFolder)], patient);
  await commit(lab, 'hang-on-deactivate');
  const pid = pidOf(lab);
  assert.ok(pid);
  const pending = failure(commit(lab, 'never-answer'));
  const startedAt = performance.now();
  await lab.host.stop({ timeoutMs: 400 });
  assert.ok(performance.now() - startedAt < 2_000);
  assert.not.ok(isAlive(pid));
  assert.is((await pending).details['extensionId'], bad);
});

test('an extension that spins when the launcher is killed does not stay behind', async () => {
  if (process.platform !== 'linux') return;
  const program = fileURLToPath(new URL('../../support/extension-child.ts', import.meta.url));
  const launcher = spawn(process.execPath, [program, misbehavingFolder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = await eventually('it tells the process of the extension', async () => {
    for await (const line of createInterface({ input: launcher.stdout })) return Number(line);
    return undefined;
  });
  try {
    const ticks = async (): Promise<number> => Number((await readFile(`/proc/${pid}/stat`, 'latin1')).split(' ')[13]);
    const before = await ticks();
    await until('it spins', async () => (await ticks()) > before + 20);
    launcher.kill('SIGKILL');
    await until('it is gone', () => !isAlive(pid));
  } finally {
    launcher.kill('SIGKILL');
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  }
});

test('an extension that cannot be loaded says why, by name', async () => {
  await using temp = await tempDir('hostile');
  const folder = await copyExtension(misbehavingFolder, { to: temp.join('broken'), name: 'broken' });
  const description = await describeFolder(folder);
  await using lab = hostLab([{ ...description, manifest: { ...description.manifest, main: 'nowhere.ts' } }]);
  const error = await failure(commit(lab, 'good', { id: description.id }));
  assert.is(error.code, 'EXTENSION_FAILED');
  assert.match(error.message, /fixtures\.broken.*nowhere\.ts/);
});

test('crashes that cannot be written down count all the same, up to the one that disables', async () => {
  let refused = 0;
  const onWrite = (): never => {
    refused += 1;
    throw diskFull();
  };
  await using lab = hostLab([await describeFolder(misbehavingFolder)], { crashes: 2 }, onWrite);
  const phase = (): string | undefined => lab.host.states()[0]?.phase;
  assert.is((await failure(commit(lab, 'exit'))).code, 'EXTENSION_CRASHED');
  await until('it counts as crashed', () => phase() === 'crashed');
  assert.is((await failure(commit(lab, 'exit'))).code, 'EXTENSION_CRASHED');
  await until('it is disabled', () => phase() === 'disabled');
  assert.is((await failure(commit(lab, 'good'))).code, 'EXTENSION_DISABLED');
  assert.is(refused, 3);
});

test('an extension whose process could not even be made is tried anew by the next call', async () => {
  const described = await describeFolder(misbehavingFolder);
  const { directory } = described;
  let isBroken = true;
  // A path that no system takes: making the process throws at once.
  const flaky = Object.defineProperty(described, 'directory', { get: () => (isBroken ? `${directory}\0` : directory) });
  await using lab = hostLab([flaky], patient);
  const error = await failure(commit(lab, 'good'));
  assert.is(error.code, 'EXTENSION_CRASHED');
  assert.match(error.message, 'could not be started');
  isBroken = false;
  assert.is((await commit(lab, 'good')).games.length, 1);
});

test.run();
