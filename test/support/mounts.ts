/** Small disks of their own: what fills up and what is unplugged. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { test } from 'uvu';

const limitMs = 10_000;

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: limitMs });
}

/** Why nothing can be mounted here, or undefined when it can. */
export function whyNoMounts(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root to mount';
  return undefined;
}

/** Runs the test where disks can be mounted; elsewhere it is skipped by name. */
export function needsMounts(title: string, define: (title: string) => void): void {
  const why = whyNoMounts();
  if (why === undefined) return define(title);
  console.log(`SKIP ${title.split(':')[0]} ${why}`);
  test.skip(title);
}

/** A disk in memory of a fixed size, mounted at a folder that is made. */
export class MemoryDisk implements Disposable {
  readonly #path: string;
  readonly #removeNow = (): void => this[Symbol.dispose]();
  #isMounted = false;

  constructor(path: string, sizeMib: number) {
    this.#path = path;
    mkdirSync(path, { recursive: true });
    run('mount', '-t', 'tmpfs', '-o', `size=${sizeMib}m`, 'lanspread-test', path);
    this.#isMounted = true;
    process.once('exit', this.#removeNow);
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#removeNow);
    if (this.#isMounted) run('umount', '-l', this.#path);
    this.#isMounted = false;
  }
}

/** A disk that can be plugged in at a folder, and pulled while files on it are open. */
export class PluggableDisk implements Disposable {
  readonly #disk: MemoryDisk;
  readonly #backing: string;
  readonly #path: string;
  readonly #removeNow = (): void => this.pull();
  #isPlugged = false;

  constructor({ backing, path, sizeMib }: { backing: string; path: string; sizeMib: number }) {
    this.#disk = new MemoryDisk(backing, sizeMib);
    this.#backing = backing;
    this.#path = path;
    mkdirSync(path, { recursive: true });
    process.once('exit', this.#removeNow);
    this.plug();
  }

  plug(): void {
    run('mount', '--bind', this.#backing, this.#path);
    this.#isPlugged = true;
  }

  pull(): void {
    if (this.#isPlugged) run('umount', '-l', this.#path);
    this.#isPlugged = false;
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#removeNow);
    this.pull();
    this.#disk[Symbol.dispose]();
  }
}
