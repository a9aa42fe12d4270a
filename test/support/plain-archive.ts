/** An archive without compression and an unpacker for it that knows the disk only by its port, so that a test can break it. */
import { join } from 'node:path';
import { absolutePath, LanspreadError, parsePath, throwIfAborted, type FileSystem } from '../../app/core/base/index.ts';
import type { ArchiveEntry, Unpacker } from '../../app/core/content/index.ts';
import { contentOf, sizeOf, type Entry } from './entries.ts';

const mark = 'lanspread plain archive\n';

/** One line of JSON that lists the entries, then the contents of its files. */
export function packPlain(entries: readonly Entry[], seed: string): Buffer {
  const listed: ArchiveEntry[] = [];
  const contents: Buffer[] = [];
  for (const entry of entries) {
    if (entry.kind === 'symlink') throw new TypeError('a plain archive has no links');
    const isFile = entry.kind !== 'directory';
    if (isFile) for (const chunk of contentOf(entry, seed)) contents.push(Buffer.from(chunk));
    listed.push({
      path: entry.path,
      kind: isFile ? 'file' : 'directory',
      sizeBytes: isFile ? sizeOf(entry) : 0,
      executable: isFile && entry.executable === true,
    });
  }
  return Buffer.concat([Buffer.from(`${mark}${JSON.stringify(listed)}\n`), ...contents]);
}

interface Opened {
  readonly entries: readonly ArchiveEntry[];
  /** Of each entry. */
  readonly contents: readonly Buffer[];
}

function parse(archive: Buffer): Opened {
  if (!archive.subarray(0, mark.length).equals(Buffer.from(mark))) throw new LanspreadError('ARCHIVE_CORRUPT');
  const end = archive.indexOf('\n', mark.length);
  // Written by `packPlain`.
  const entries = JSON.parse(archive.subarray(mark.length, end).toString()) as ArchiveEntry[];
  let at = end + 1;
  const contents = entries.map(({ sizeBytes }) => archive.subarray(at, (at += sizeBytes)));
  if (at !== archive.length) throw new LanspreadError('ARCHIVE_CORRUPT');
  return { entries, contents };
}

export function createPlainUnpacker(fileSystem: FileSystem): Unpacker {
  const open = async (path: string): Promise<Opened> => parse(await fileSystem.readFile(path));
  return {
    id: 'plain',
    probe: ({ head }) => (Buffer.from(head).subarray(0, mark.length).equals(Buffer.from(mark)) ? 100 : 0),
    list: async (path) => [...(await open(path)).entries],
    async extract(path, destination, { signal, onProgress }) {
      const { entries, contents } = await open(path);
      let bytes = 0;
      for (const [index, entry] of entries.entries()) {
        throwIfAborted(signal);
        const target = absolutePath(destination, parsePath(entry.path, { atGameRoot: false }));
        await fileSystem.makeDirectory(entry.kind === 'directory' ? target : join(target, '..'), {
          within: destination,
        });
        if (entry.kind === 'directory') continue;
        const content = contents[index] ?? Buffer.alloc(0);
        {
          await using handle = await fileSystem.open(target, 'create');
          if (content.length > 0) await handle.write(content, 0);
        }
        if (entry.executable === true) await fileSystem.setExecutable(target, true);
        onProgress?.((bytes += content.length));
      }
    },
    async *stream(path, { signal }) {
      const { entries, contents } = await open(path);
      for (const [index, entry] of entries.entries()) {
        throwIfAborted(signal);
        yield { kind: 'entry', entry };
        const bytes = contents[index];
        if (bytes && bytes.length > 0) yield { kind: 'bytes', bytes };
      }
    },
  };
}
