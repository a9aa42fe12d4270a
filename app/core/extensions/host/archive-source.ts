import { symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isNotFound, LanspreadError, statOf, type ReadHandle, type FileSystem } from '../../base/index.ts';
import { probeHeadBytes, volumeSets } from '../../install/index.ts';
import { maxPieceBytes, type ArchiveFacts } from '../wire/index.ts';

/** The most volumes that are reported. */
const maxVolumes = 10_000;

/** An archive that a call is about: what an extension is told of it and may read of it. */
export class ArchiveSource implements AsyncDisposable {
  readonly facts: ArchiveFacts;
  /** Absolute, of the first file. */
  readonly path: string;
  /** The size of all volumes together. */
  readonly packedBytes: number;
  /** Made of path, size and time: a changed file has another one. */
  readonly fingerprint: string;
  readonly #fileSystem: FileSystem;
  readonly #head: Uint8Array | undefined;
  #toolPath: Promise<string> | undefined;
  readonly #handles = new Map<string, Promise<ReadHandle>>();

  private constructor(
    fileSystem: FileSystem,
    {
      path,
      facts,
      packedBytes,
      head,
      mtimeNs = 0n,
    }: {
      path: string;
      facts: ArchiveFacts;
      packedBytes: number;
      head?: Uint8Array | undefined;
      mtimeNs?: bigint;
    },
  ) {
    this.fingerprint = `${path}\n${packedBytes}\n${mtimeNs}`;
    this.#fileSystem = fileSystem;
    this.path = path;
    this.facts = facts;
    this.packedBytes = packedBytes;
    this.#head = head;
  }

  /** For `list` and `plan`: with all volumes. */
  static async open(fileSystem: FileSystem, path: string): Promise<ArchiveSource> {
    const name = basename(path);
    const names = (await fileSystem.list(dirname(path)))
      .filter(({ kind }) => kind === 'file')
      .map((entry) => entry.name);
    const further = volumeSets(names).find(({ first }) => first === name)?.further ?? [];
    const volumes = [name, ...further].slice(0, maxVolumes);
    const { sizeBytes, mtimeNs } = await fileSystem.stat(path);
    let packedBytes = sizeBytes;
    for (const volume of volumes.slice(1))
      packedBytes += (await statOf(fileSystem, join(dirname(path), volume)))?.sizeBytes ?? 0;
    return new ArchiveSource(fileSystem, { path, facts: { name, sizeBytes, volumes }, packedBytes, mtimeNs });
  }

  /** For `probe`, which is asked about many files: of what was read of it already. */
  static async ofHead(
    fileSystem: FileSystem,
    { path, head }: { path: string; head: Uint8Array },
  ): Promise<ArchiveSource> {
    const name = basename(path);
    const sizeBytes = (await statOf(fileSystem, path))?.sizeBytes ?? head.length;
    return new ArchiveSource(fileSystem, {
      path,
      facts: { name, sizeBytes, volumes: [name] },
      packedBytes: sizeBytes,
      head,
    });
  }

  /** Errors: `EXTENSION_MISBEHAVED` for a volume that is not one; file system. */
  async read({ volume, offset, length }: { volume: number; offset: number; length: number }): Promise<Uint8Array> {
    const head = this.#head;
    const isInHead = head && volume === 0 && (offset + length <= head.length || head.length < probeHeadBytes);
    if (isInHead) return head.subarray(offset, offset + length);
    const name = this.facts.volumes[volume];
    if (name === undefined)
      throw new LanspreadError('EXTENSION_MISBEHAVED', { message: `There is no volume ${volume}.` });
    const buffer = Buffer.alloc(Math.min(length, maxPieceBytes));
    const handle = await this.#open(join(dirname(this.path), name));
    return buffer.subarray(0, await handle.read(buffer, offset));
  }

  /**
   * The path that tools are given. RAR looks for further volumes by the name of the first, and nothing but Lanspread calls
   * that one `.eti`: it gets a link of its usual name beside links to the others, in a folder of ours.
   */
  toolPath(folder: () => Promise<string>): Promise<string> {
    return (this.#toolPath ??= this.#linkUsual(folder));
  }

  async #linkUsual(folder: () => Promise<string>): Promise<string> {
    const [name, ...further] = this.facts.volumes;
    if (!/\.eti$/i.test(this.facts.name) || !further.some((one) => /\.r00$/i.test(one))) return this.path;
    const usual = join(await folder(), this.facts.name.replace(/\.eti$/i, '.rar'));
    const from = dirname(this.path);
    try {
      await symlink(this.path, usual);
      for (const one of further) await symlink(join(from, one), join(dirname(usual), one));
    } catch (cause) {
      // Windows lets only some users make links.
      throw new LanspreadError('VOLUME_MISSING', {
        message: `${name ?? ''} is in several parts, which RAR finds only when it is called .rar.`,
        details: { file: further[0] },
        cause,
      });
    }
    return usual;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const handles = [...this.#handles.values()];
    this.#handles.clear();
    for (const opening of handles) {
      // One that could not be opened was told to who asked.
      const handle = await opening.catch(() => undefined);
      await handle?.close();
    }
  }

  #open(path: string): Promise<ReadHandle> {
    const known = this.#handles.get(path);
    if (known) return known;
    const opening = this.#fileSystem.openToRead(path).catch((error: unknown) => {
      if (isNotFound(error)) throw new LanspreadError('VOLUME_MISSING', { details: { file: basename(path) } });
      throw error;
    });
    this.#handles.set(path, opening);
    return opening;
  }
}
