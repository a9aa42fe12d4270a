/** A core on a system that gives it nothing to watch folders with: other programs have used it up. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { catalogEntry, writeCatalog } from '../../support/catalogs.ts';
import { tempDir, type TempDir } from '../../support/temp.ts';

const program = fileURLToPath(new URL('../../../app/cli/lanspread.mjs', import.meta.url));
const limitMs = 60_000;

/** Runs a command in a user namespace, where the limit is nobody else's. */
function starved(limit: 'instances' | 'watches', command: readonly string[]): readonly string[] {
  const script = `echo 0 > /proc/sys/user/max_inotify_${limit} && exec "$@"`;
  return ['--user', '--map-root-user', 'sh', '-c', script, 'sh', ...command];
}

function canStarve(): boolean {
  return process.platform === 'linux' && spawnSync('unshare', starved('instances', ['true'])).status === 0;
}

function startPeer(temp: TempDir, limit: 'instances' | 'watches'): ChildProcess {
  const flags = ['--state-dir', temp.join('state'), '--games-dir', temp.join('games'), '--listen', '127.0.0.1'];
  const args = [program, 'peer', '--jsonl', ...flags, '--catalog', temp.join('catalog.json'), '--log-level', 'silent'];
  return spawn('unshare', starved(limit, [process.execPath, ...args]), { stdio: ['pipe', 'pipe', 'inherit'] });
}

for (const limit of ['instances', 'watches'] as const) {
  const title = `without inotify ${limit} the core goes on, and finds a new game by itself`;
  if (!canStarve()) {
    console.log(`SKIP ${title} needs Linux with user namespaces`);
    test.skip(title);
    continue;
  }
  test(title, async () => {
    await using temp = await tempDir('no-inotify');
    await mkdir(temp.join('games', 'quake'), { recursive: true });
    await writeFile(temp.join('games', 'quake', 'quake.eti'), 'payload');
    await writeCatalog(temp.join('catalog.json'), [
      catalogEntry({ id: 'quake', title: 'Quake', version: '1', archives: [] }),
    ]);
    const peer = startPeer(temp, limit);
    const exited = new Promise<number | null>((resolve) => peer.once('exit', resolve));
    // A core that hangs answers nobody and ends for nobody.
    const timer = setTimeout(() => peer.kill('SIGKILL'), limitMs);
    if (!peer.stdout || !peer.stdin) throw new Error('pipes were asked for');
    const lines = createInterface({ input: peer.stdout })[Symbol.asyncIterator]();
    const until = async (holds: (line: Record<string, unknown>) => boolean): Promise<void> => {
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw new Error('the core ended, or hung and was killed');
        if (holds(JSON.parse(value) as Record<string, unknown>)) return;
      }
    };
    await until(({ event }) => event === 'local-ready');
    await writeFile(temp.join('games', 'quake', 'version.ini'), '1');
    peer.stdin.write('{"id":1,"command":"status"}\n');
    await until(({ id }) => id === 1);
    await until(({ event }) => event === 'local-library-changed');
    peer.stdin.write('{"id":2,"command":"quit"}\n');
    assert.is(await exited, 0);
    clearTimeout(timer);
  });
}

test.run();
