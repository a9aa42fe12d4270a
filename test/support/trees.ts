/** What lies below a folder, as facts that can be compared: path, kind, size, BLAKE3 and the executable bit. */
import { Blake3Hasher } from '@napi-rs/blake-hash';
import { open, readdir, readlink, lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { contentOf, sizeOf, type Entry } from './entries.ts';

export interface TreeEntry {
  /** Relative, `/`-separated, exactly as the file system tells it. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  /** Bytes of a file; 0 of anything else. */
  readonly sizeBytes: number;
  /** BLAKE3 of a file's bytes or of a link's target; empty for the rest. */
  readonly hash: string;
  readonly executable: boolean;
}

export type Tree = readonly TreeEntry[];

export interface TreeOptions {
  /** Leaves out an entry and everything below it. */
  ignore?: (path: string) => boolean;
}

const readBytes = 1024 * 1024;

/** Reads a whole tree, sorted by path. Throws when `root` is not a folder. */
export async function readTree(root: string, { ignore = () => false }: TreeOptions = {}): Promise<Tree> {
  const entries: TreeEntry[] = [];
  const walk = async (folder: string, prefix: string): Promise<void> => {
    for (const name of await readdir(folder)) {
      const path = prefix + name;
      if (ignore(path)) continue;
      const entry = await readEntry(join(folder, name), path);
      entries.push(entry);
      if (entry.kind === 'directory') await walk(join(folder, name), `${path}/`);
    }
  };
  await walk(root, '');
  return sorted(entries);
}

async function readEntry(absolute: string, path: string): Promise<TreeEntry> {
  const facts = await lstat(absolute);
  const plain = { path, sizeBytes: 0, hash: '', executable: false };
  if (facts.isDirectory()) return { ...plain, kind: 'directory' };
  if (facts.isSymbolicLink())
    return { ...plain, kind: 'symlink', hash: hashOf([Buffer.from(await readlink(absolute))]) };
  if (!facts.isFile()) return { ...plain, kind: 'other' };
  return {
    path,
    kind: 'file',
    sizeBytes: facts.size,
    hash: await hashFile(absolute),
    executable: isExecutable(facts.mode),
  };
}

/** Whether files of this system have a right to be executed. */
export const hasExecutableBit = process.platform !== 'win32';

function isExecutable(mode: number): boolean {
  return hasExecutableBit && (mode & 0o100) !== 0;
}

/** BLAKE3 of a file as hex. */
export async function hashFile(path: string): Promise<string> {
  const hasher = new Blake3Hasher();
  const buffer = Buffer.allocUnsafe(readBytes);
  const file = await open(path, 'r');
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return hasher.digest('hex');
      hasher.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

/** The tree that these entries make, without a disk: the folders above each entry are part of it. */
export function treeOfEntries(entries: readonly Entry[], seed: string): Tree {
  const tree = new Map<string, TreeEntry>();
  const plain = { sizeBytes: 0, hash: '', executable: false };
  for (const entry of entries) {
    for (let end = entry.path.indexOf('/'); end >= 0; end = entry.path.indexOf('/', end + 1)) {
      const path = entry.path.slice(0, end);
      tree.set(path, { ...plain, path, kind: 'directory' });
    }
    const { path } = entry;
    if (entry.kind === 'directory') tree.set(path, { ...plain, path, kind: 'directory' });
    else if (entry.kind === 'symlink')
      tree.set(path, { ...plain, path, kind: 'symlink', hash: hashOf([Buffer.from(entry.target)]) });
    else {
      const executable = hasExecutableBit && entry.executable === true;
      tree.set(path, {
        path,
        kind: 'file',
        sizeBytes: sizeOf(entry),
        hash: hashOf(contentOf(entry, seed)),
        executable,
      });
    }
  }
  return sorted([...tree.values()]);
}

function hashOf(chunks: Iterable<Buffer>): string {
  const hasher = new Blake3Hasher();
  for (const chunk of chunks) hasher.update(chunk);
  return hasher.digest('hex');
}

function sorted(entries: TreeEntry[]): Tree {
  return entries.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/** One line for each difference; empty when the trees are equal. */
export function diffTrees(actual: Tree, expected: Tree): string[] {
  const here = new Map(actual.map((entry) => [entry.path, entry]));
  const lines: string[] = [];
  for (const wanted of expected) {
    const found = here.get(wanted.path);
    here.delete(wanted.path);
    if (!found) lines.push(`- missing ${describe(wanted)}`);
    else if (describe(found) !== describe(wanted)) lines.push(`! ${describe(found)}\n  should be ${describe(wanted)}`);
  }
  for (const extra of here.values()) lines.push(`+ extra ${describe(extra)}`);
  return lines;
}

function describe({ path, kind, sizeBytes, hash, executable }: TreeEntry): string {
  const details = kind === 'file' ? ` ${sizeBytes} bytes ${hash.slice(0, 16)}${executable ? ' executable' : ''}` : '';
  return `${kind} ${JSON.stringify(path)}${kind === 'symlink' ? ` ${hash.slice(0, 16)}` : details}`;
}

const linesShown = 20;

/** Throws with a readable difference unless both trees are equal. */
export function assertSameTree(actual: Tree, expected: Tree, what = 'the tree'): void {
  const lines = diffTrees(actual, expected);
  if (lines.length === 0) return;
  const more = lines.length > linesShown ? `\n… and ${lines.length - linesShown} more` : '';
  throw new Error(
    `${what} differs in ${lines.length} of ${expected.length} entries:\n${lines.slice(0, linesShown).join('\n')}${more}`,
  );
}
