/** The one process behind a peer of a test, and the command line it is started with. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../app/cli/lanspread.mjs', import.meta.url));

export interface PeerOptions {
  /** For messages of tests; also the peer's display name. */
  name: string;
  gamesDir: string;
  stateDir: string;
  catalog: string;
  /** Network namespace to run in. Left out: loopback only, without discovery. */
  namespace?: string;
  /** Multiaddrs of other peers. */
  peers?: readonly string[];
  environment?: Record<string, string>;
  /** An installed Lanspread in place of the checkout's: its command, and all of its environment. */
  installed?: { command: readonly string[]; environment: Record<string, string> };
  /** Another program that speaks the same contract, for tests of this client itself. */
  program?: string;
}

export type PeerChild = ChildProcessByStdio<Writable, Readable, Readable>;

function argumentsOf({ name, gamesDir, stateDir, catalog, namespace, peers = [] }: PeerOptions): string[] {
  return [
    'peer',
    '--jsonl',
    '--games-dir',
    gamesDir,
    '--state-dir',
    stateDir,
    '--catalog',
    catalog,
    '--name',
    name,
    ...(namespace === undefined ? ['--listen', '127.0.0.1', '--no-discovery'] : []),
    ...peers.flatMap((address) => ['--peer', address]),
  ];
}

/** Starts the process; what it says is the caller's to read. */
export function spawnPeer(options: PeerOptions): PeerChild {
  const { installed } = options;
  const start = installed?.command ?? [process.execPath, options.program ?? program];
  const command = [...start, ...argumentsOf(options)];
  // `ip netns exec` replaces itself by the command, so the process id is the peer's own there too.
  const [file = '', ...rest] =
    options.namespace === undefined ? command : ['ip', 'netns', 'exec', options.namespace, ...command];
  return spawn(file, rest, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: installed?.environment ?? { ...process.env, NO_COLOR: '1', ...options.environment },
  });
}
