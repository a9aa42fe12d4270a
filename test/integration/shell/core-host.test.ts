import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { connectRpc } from '../../../app/core/rpc/index.ts';
import { CoreHost, type CoreHostListener } from '../../../app/shell/supervision/index.ts';
import { until } from '../../support/eventually.ts';
import { tempDir } from '../../support/temp.ts';

const program = fileURLToPath(new URL('../../../app/cli/lanspread.mjs', import.meta.url));

type Told = { [Name in keyof CoreHostListener]: Parameters<CoreHostListener[Name]>[0] };

/** A real core under a real host; what the shell was told, in order. */
class HostRig {
  readonly told: { [Name in keyof Told]: Told[Name][] } = { onReady: [], onCrashed: [], onKiosk: [], onEnded: [] };
  readonly children: ChildProcess[] = [];
  readonly host: CoreHost;

  constructor(directory: string, args: readonly string[] = []) {
    const { told } = this;
    this.host = new CoreHost({
      fork: () => {
        const state = ['--state-dir', join(directory, 'state'), '--games-dir', join(directory, 'games')];
        const all = ['core', ...state, '--listen', '127.0.0.1', '--log-level', 'silent', ...args];
        const child = fork(program, all, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
        this.children.push(child);
        return child;
      },
      listener: {
        onReady: (facts) => void told.onReady.push(facts),
        onCrashed: (facts) => void told.onCrashed.push(facts),
        onKiosk: (kiosk) => void told.onKiosk.push(kiosk),
        onEnded: (exitCode) => void told.onEnded.push(exitCode),
      },
    });
  }

  async ready(count: number): Promise<string> {
    await until('the core is ready', () => this.told.onReady.length >= count, { limitMs: 20_000 });
    const url = this.told.onReady[count - 1]?.url;
    if (url === undefined) throw new Error('not ready');
    return url;
  }

  async ended(): Promise<number | undefined> {
    await until('the core has ended', () => this.told.onEnded.length > 0);
    return this.told.onEnded[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.host.kill();
    await until('all are gone', () =>
      this.children.every((child) => child.exitCode !== null || child.signalCode !== null),
    );
  }
}

function endpointOf(url: string): { port: number; token: string } {
  const { port, hash } = new URL(url);
  return { port: Number(port), token: hash.replace('#token=', '') };
}

/** The code of the refusal, as a client has it. */
async function refusalOf(action: Promise<unknown>): Promise<string> {
  try {
    await action;
    return 'none';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

const test = suite('a shell and its core');

test('a killed core comes back at the same address with another token, and an open page goes on', async () => {
  await using directory = await tempDir();
  await using rig = new HostRig(directory.path);
  const url = await rig.ready(1);
  rig.children[0]?.kill('SIGKILL');
  const next = endpointOf(await rig.ready(2));
  const before = endpointOf(url);
  assert.is(next.port, before.port);
  assert.is.not(next.token, before.token);
  assert.is(await refusalOf(connectRpc(before)), 'PEER_UNREACHABLE');
  const told = Promise.withResolvers<string>();
  using client = await connectRpc(before, { onToken: told.resolve });
  assert.is(await told.promise, next.token);
  assert.equal((await client.invoke('listGames', {})).games, [], 'a first start invents no games');
  rig.host.quit();
  assert.is(await rig.ended(), 0);
});

test('quit ends the core within two seconds', async () => {
  await using directory = await tempDir();
  await using rig = new HostRig(directory.path);
  await rig.ready(1);
  const startedAt = performance.now();
  rig.host.quit();
  assert.is(await rig.ended(), 0);
  assert.ok(performance.now() - startedAt < 2_500);
  assert.is(rig.children.length, 1);
});

test('a core whose shell is gone stops by itself', async () => {
  await using directory = await tempDir();
  await using rig = new HostRig(directory.path);
  await rig.ready(1);
  const [child] = rig.children;
  child?.disconnect();
  await until('it has stopped', () => child?.exitCode === 0, { limitMs: 5_000 });
});

test('a core whose shell goes while it still starts stops by itself, too', async () => {
  await using directory = await tempDir();
  await using rig = new HostRig(directory.path);
  const [child] = rig.children;
  await until('it is starting', () => existsSync(join(directory.path, 'state')));
  child?.disconnect();
  await until('it has stopped', () => child?.exitCode === 0, { limitMs: 10_000 });
});

test('a second shell on the same state directory is told that it is taken, and does not try again', async () => {
  await using directory = await tempDir();
  await using first = new HostRig(directory.path);
  await first.ready(1);
  await using second = new HostRig(directory.path);
  assert.is(await second.ended(), 3);
  assert.is(second.children.length, 1);
});

test('kiosk mode needs a PIN, locks every client, and the shell hears of it', async () => {
  await using directory = await tempDir();
  await using rig = new HostRig(directory.path);
  const endpoint = endpointOf(await rig.ready(1));
  using operator = await connectRpc(endpoint);
  assert.is(await refusalOf(operator.invoke('settings.set', { name: 'kiosk', value: true })), 'KIOSK_PIN_REQUIRED');
  await operator.invoke('kiosk.setPin', { pin: '4711' });
  await operator.invoke('settings.set', { name: 'kiosk', value: true });
  await until('the shell hears of it', () => rig.told.onKiosk.at(-1) === true);
  using player = await connectRpc(endpoint);
  assert.is((await player.invoke('kiosk.status', {})).locked, true);
  assert.is(await refusalOf(player.invoke('settings.set', { name: 'kiosk', value: false })), 'KIOSK_LOCKED');
  assert.is(await refusalOf(player.invoke('kiosk.setPin', { pin: '0000' })), 'KIOSK_LOCKED');
  assert.is(await refusalOf(player.invoke('uninstall', { gameId: 'x' })), 'KIOSK_LOCKED');
  assert.is(await refusalOf(player.invoke('kiosk.unlock', { pin: '1234' })), 'WRONG_PIN');
  await player.invoke('kiosk.unlock', { pin: '4711' });
  await player.invoke('settings.set', { name: 'kiosk', value: false });
  await until('the shell hears of it', () => rig.told.onKiosk.at(-1) === false);
});

test.run();
