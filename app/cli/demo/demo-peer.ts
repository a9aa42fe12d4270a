import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../lanspread.mjs', import.meta.url));

interface DemoPeerOptions {
  name: string;
  gamesDir: string;
  stateDir: string;
  catalog: string;
  peers: readonly string[];
}

/** A real peer in its own process, on loopback. It ends when its stdin ends, so it never outlives the demo. */
export class DemoPeer implements AsyncDisposable {
  readonly addresses: readonly string[];
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, addresses: readonly string[]) {
    this.#child = child;
    this.addresses = addresses;
  }

  /** Resolves when the peer has started and its games are listed. */
  static async start({ name, gamesDir, stateDir, catalog, peers }: DemoPeerOptions): Promise<DemoPeer> {
    const flags = ['--jsonl', '--name', name, '--games-dir', gamesDir, '--state-dir', stateDir, '--catalog', catalog];
    const network = ['--listen', '127.0.0.1', '--no-discovery', ...peers.flatMap((address) => ['--peer', address])];
    const child = spawn(process.execPath, [program, 'peer', ...flags, ...network], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
    child.once('exit', (code) => reject(new Error(`the demo peer ${name} exited with ${code}`)));
    child.once('error', reject);
    let addresses: readonly string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => {
      // The output of Lanspread's own program; see the harness's contract.
      const message = JSON.parse(line) as { event?: string; addresses?: string[] };
      if (message.event === 'started') addresses = message.addresses ?? [];
      if (message.event === 'local-ready') resolve(addresses);
    });
    return new DemoPeer(child, await promise);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#child.once('exit', () => resolve());
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 4_000);
    await promise;
    clearTimeout(timer);
  }
}
