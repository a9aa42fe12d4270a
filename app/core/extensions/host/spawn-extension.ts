import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, lstatSync, realpathSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Duplex, Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { ExtensionDescription } from '../types.ts';

const bootstrapPath = fileURLToPath(new URL('../child/bootstrap.ts', import.meta.url));

/** The files that every extension's process may read besides the extension: its own program. */
const programFolders = [
  fileURLToPath(new URL('../child/', import.meta.url)),
  fileURLToPath(new URL('../wire/', import.meta.url)),
  fileURLToPath(new URL('../../../extension-api/', import.meta.url)),
  ...libraryFolders('vscode-jsonrpc'),
];

/** Libraries of Lanspread's own that extensions which ship with it may use; others bring theirs along. */
const builtInLibraries = ['yaml', 'iconv-lite', 'safer-buffer', 'chardet'].flatMap(libraryFolders);

/**
 * Where it is looked for, and where it really lies: the package may be a link, or all of `node_modules`, which then has to
 * be followed; nothing in there is secret.
 */
function libraryFolders(name: string): string[] {
  const places = createRequire(import.meta.url).resolve.paths(name) ?? [];
  const place = places.find((candidate) => existsSync(join(candidate, name)));
  if (place === undefined) return [];
  const found = join(place, name);
  const followed = lstatSync(place).isSymbolicLink() ? [place] : [];
  return [...new Set([...followed, found, realpathSync(found)])];
}

/** The arguments for Node. Pure. */
function nodeArguments(
  {
    directory,
    readableFolders = [],
    development,
    trust,
  }: Pick<ExtensionDescription, 'directory' | 'readableFolders' | 'development'> &
    Partial<Pick<ExtensionDescription, 'trust'>>,
  { heapMib }: { heapMib: number },
): string[] {
  // A folder that is not there yet has to be named with what will be below it.
  const libraries = trust === 'built-in' ? builtInLibraries : [];
  const readable = [
    ...programFolders,
    ...libraries,
    directory,
    ...readableFolders.flatMap((folder) => [folder, `${folder}/*`]),
  ];
  const inspect =
    development?.inspectPort === undefined
      ? ['--disable-sigusr1']
      : ['--allow-inspector', `--inspect=127.0.0.1:${development.inspectPort}`];
  return [
    '--permission',
    ...readable.map((path) => `--allow-fs-read=${path}`),
    `--max-old-space-size=${heapMib}`,
    '--disable-warning=ExperimentalWarning',
    '--disable-warning=SecurityWarning',
    ...inspect,
    bootstrapPath,
  ];
}

export interface ExtensionChild {
  readonly child: ChildProcess;
  readonly link: Duplex;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

/** Starts the process: the pinned Node under its permission model, an empty environment, a process group of its own. */
export function spawnExtension(extension: ExtensionDescription, limits: { heapMib: number }): ExtensionChild {
  const { SystemRoot } = process.env;
  const child = spawn(process.execPath, nodeArguments(extension, limits), {
    cwd: extension.directory,
    // Windows gives a process without it no random numbers.
    env: process.platform === 'win32' ? { SystemRoot } : {},
    stdio: ['ignore', 'pipe', 'pipe', 'overlapped'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  // One that could not be started has no pipes, and says why later.
  child.on('error', () => {});
  const [, stdout, stderr, link] = (child.stdio as ChildProcess['stdio'] | undefined) ?? [];
  if (!stdout || !stderr || !link) throw new Error('the process could not be started: too much is open on this PC');
  if (process.platform === 'linux' && child.pid !== undefined) {
    // When memory runs out, this process goes before the launcher and the games do. It may be gone already.
    writeFile(`/proc/${child.pid}/oom_score_adj`, '1000').catch(() => {});
  }
  if (child.pid !== undefined) {
    const guard = guardOrphan(child.pid);
    child.once('exit', () => guard[Symbol.dispose]());
  }
  // The stdio triple above says which end each one is; the fourth is both.
  return { child, stdout: stdout as Readable, stderr: stderr as Readable, link: link as Duplex };
}

/** Kills the process and whatever it might have started. */
export function killTree(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    if (process.platform === 'win32') child.kill('SIGKILL');
    else process.kill(-pid, 'SIGKILL');
  } catch {
    // The process has ended in this moment.
  }
}

/** Waits for the end of its input, which comes when the launcher is gone, however it went; then ends the group. */
const script = 'read -r line || kill -s KILL -- "-$1"';

/**
 * Sees to it that a process group does not outlive this process, even when this one is killed and the other never looks
 * up from what it does. Disposing calls it off: do so when the group has ended, before its number can be another's. Windows
 * ends the children of a process by itself.
 */
function guardOrphan(groupId: number): Disposable {
  if (process.platform === 'win32') return { [Symbol.dispose]() {} };
  const guard = spawn('/bin/sh', ['-c', script, 'lanspread-guard', String(groupId)], {
    cwd: '/',
    env: {},
    stdio: ['pipe', 'ignore', 'ignore'],
    // A signal to the group of this process must not reach the guard.
    detached: true,
  });
  // Where it cannot be started there is no such guard, and all else is as before.
  guard.on('error', () => {});
  const stdin = guard.stdin as Writable | undefined;
  stdin?.on('error', () => {});
  guard.unref();
  // The pipe of a child is a socket, which knows `unref`; the type of a stream does not.
  (stdin as { unref?(): void } | undefined)?.unref?.();
  return { [Symbol.dispose]: () => void guard.kill('SIGKILL') };
}
