/** Archives to try an unpacker with: the author's own, and what becomes of them when something goes wrong. */
import { join } from 'node:path';
import { blake3Hex, statOf, type FileSystem } from '../../base/index.ts';

export interface Sample {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** The folder with what it unpacks to, absolute, when the author gave one. */
  readonly expected: string | undefined;
}

/** Where authors put sample archives, below the extension's folder; `<name>.expected/` beside one is what it holds. */
const samplesFolder = 'test/archives';
const expectedEnding = '.expected';

/** In the order of their names; none when there is no folder. */
export async function findSamples(fileSystem: FileSystem, directory: string): Promise<Sample[]> {
  const folder = join(directory, samplesFolder);
  if (!(await statOf(fileSystem, folder))) return [];
  const entries = await fileSystem.list(folder);
  const folders = new Set(entries.flatMap(({ name, kind }) => (kind === 'directory' ? [name] : [])));
  return entries
    .filter(({ name, kind }) => kind === 'file' && !name.startsWith('.'))
    .map(({ name }) => {
      const expected = folders.has(name + expectedEnding) ? join(folder, name + expectedEnding) : undefined;
      return { name, path: join(folder, name), expected };
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

interface Damaged {
  readonly what: string;
  readonly bytes: Uint8Array;
  /** Nothing of the archive's content can be got out whole. */
  readonly isHopeless: boolean;
}

/** The archive cut off at several places, and with single bytes changed. The same for the same archive. */
export function damage(bytes: Uint8Array): Damaged[] {
  const cuts = [1, 7, Math.floor(bytes.length / 3), Math.floor((bytes.length * 2) / 3), bytes.length - 1];
  const places = [0.03, 0.2, 0.5, 0.8, 0.97].map((part) => Math.floor(bytes.length * part));
  const unique = (numbers: number[]): number[] => [...new Set(numbers)].filter((at) => at >= 0 && at < bytes.length);
  return [
    { what: 'empty', bytes: new Uint8Array(), isHopeless: true },
    ...unique(cuts).map((length) => ({
      what: `cut off after ${length} of ${bytes.length} bytes`,
      bytes: bytes.subarray(0, length),
      isHopeless: length < 8,
    })),
    ...unique(places).map((at) => {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x5a;
      return { what: `changed at byte ${at}`, bytes: changed, isHopeless: false };
    }),
  ];
}

/** Bytes without meaning, always the same, that begin with what a magic number says. */
export function noise(sizeBytes: number, magic: readonly { at: number; hex: string }[] = []): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  let state = 0x2545f491;
  for (let at = 0; at < sizeBytes; at += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state & 0xff;
  }
  const [first] = magic;
  if (first && first.at < sizeBytes)
    bytes.set(Buffer.from(first.hex, 'hex').subarray(0, sizeBytes - first.at), first.at);
  return bytes;
}

/** Every file below a folder with its hash, in order: two trees are equal when these are. Folders count for nothing. */
export async function treeOf(fileSystem: FileSystem, directory: string): Promise<string[]> {
  const lines: string[] = [];
  const visit = async (folder: string, prefix: string): Promise<void> => {
    const entries = await fileSystem.list(folder);
    for (const { name, kind } of entries) {
      if (kind === 'directory') await visit(join(folder, name), `${prefix}${name}/`);
      else if (kind === 'file')
        lines.push(`${prefix}${name} ${blake3Hex(await fileSystem.readFile(join(folder, name)))}`);
      else lines.push(`${prefix}${name} is a ${kind}`);
    }
  };
  await visit(directory, '');
  return lines.sort();
}
