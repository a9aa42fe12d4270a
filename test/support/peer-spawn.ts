/** The one process behind a peer of a test, and the command line it is started with. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../app/cli/lanspread.mjs', import.meta.url));
const breakingProgram = fileURLToPath(new URL('breaking-peer.ts', import.meta.url));

/** Whether the process shall break at a step: see `break-points.ts`. */
function isToBreak(environment: NodeJS.ProcessEnv): boolean {
  return ['LANSPREAD_CRASH_AT', 'LANSPREAD_FAULT_AT'].some((name) => name in environment);
}

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
  const environment = installed?.environment ?? { ...process.env, NO_COLOR: '1', ...options.environment };
  const ownProgram = options.program ?? (isToBreak(environment) ? breakingProgram : program);
  const command = [...(installed?.command ?? [process.execPath, ownProgram]), ...argumentsOf(options)];
  // `ip netns exec` replaces itself by the command, so the process id is the peer's own there too.
  const [executable = '', ...rest] =
    options.namespace === undefined ? command : ['ip', 'netns', 'exec', options.namespace, ...command];
  return spawn(executable, rest, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: environment,
  });
}
