import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createHasher, LanspreadError, nodeFileSystem, type FileStat, type FileSystem } from '../../base/index.ts';
import type { ToolPlatform } from '../manifest/index.ts';
import type { ExtensionDescription } from '../types.ts';

type ToolFacts = NonNullable<ExtensionDescription['manifest']['tools'][string][ToolPlatform]>;

interface Checked {
  readonly path: string;
  readonly stat: FileStat;
}

interface ToolBoxOptions {
  readonly fileSystem?: FileSystem;
  /** As in `linux-x64`. */
  readonly platform?: string;
}

/** The programs of one extension. Each is hashed before it is first used, and again when its file has changed. */
export class ToolBox {
  readonly #extension: ExtensionDescription;
  readonly #fileSystem: FileSystem;
  readonly #platform: string;
  readonly #checked = new Map<string, Checked>();

  constructor(
    extension: ExtensionDescription,
    { fileSystem = nodeFileSystem, platform = `${process.platform}-${process.arch}` }: ToolBoxOptions = {},
  ) {
    this.#extension = extension;
    this.#fileSystem = fileSystem;
    this.#platform = platform;
  }

  /**
   * The absolute path of a tool that may be run now. Errors: `EXTENSION_MISBEHAVED` when it is not granted,
   * `UNPACKER_FAILED` when there is none for this platform, `EXTENSION_INVALID` when the file is not what was promised.
   */
  async path(name: string): Promise<string> {
    const { manifest, granted, id } = this.#extension;
    if (!granted.tools.includes(name) || !Object.hasOwn(manifest.tools, name))
      throw this.#error('EXTENSION_MISBEHAVED', `wants to run ${JSON.stringify(name.slice(0, 80))}, which it may not`);
    // Platforms are the keys of a record that knows its own.
    const facts = manifest.tools[name]?.[this.#platform as ToolPlatform];
    if (!facts)
      throw new LanspreadError('UNPACKER_FAILED', {
        message: `${manifest.displayName} (${id}) brings no ${name} for ${this.#platform}.`,
        details: { extensionId: id, tool: name },
      });
    const directory = this.#directoryOf(facts);
    const path = join(directory, facts.path);
    await this.#check(path, facts.blake3);
    for (const file of facts.files ?? []) await this.#check(join(directory, file.path), file.blake3);
    return path;
  }

  /** What ships with Lanspread may use programs of the packages that Lanspread depends on. */
  #directoryOf(facts: ToolFacts): string {
    const { directory, trust } = this.#extension;
    if (facts.package === undefined) return directory;
    if (trust !== 'built-in')
      throw this.#error('EXTENSION_INVALID', `names the package ${facts.package}, which only what is built in may`);
    return dirname(createRequire(join(directory, 'package.json')).resolve(`${facts.package}/package.json`));
  }

  async #check(path: string, blake3: string): Promise<void> {
    const before = await this.#statOf(path);
    const known = this.#checked.get(path)?.stat;
    if (
      known?.mtimeNs === before.mtimeNs &&
      known.sizeBytes === before.sizeBytes &&
      known.inode === before.inode &&
      known.device === before.device
    )
      return;
    this.#checked.delete(path);
    const hasher = createHasher();
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hasher.update(chunk as Buffer);
    if (hasher.finish() !== blake3)
      throw this.#error('EXTENSION_INVALID', `brings a program that is not the one of its manifest: ${path}`);
    this.#checked.set(path, { path, stat: before });
  }

  async #statOf(path: string): Promise<FileStat> {
    try {
      const stat = await this.#fileSystem.lstat(path);
      if (stat.kind === 'file') return stat;
    } catch (cause) {
      throw this.#error('EXTENSION_INVALID', `lacks its program ${path}`, cause);
    }
    throw this.#error('EXTENSION_INVALID', `names a program that is no plain file: ${path}`);
  }

  #error(code: 'EXTENSION_MISBEHAVED' | 'EXTENSION_INVALID', what: string, cause?: unknown): LanspreadError {
    const { id, manifest } = this.#extension;
    return new LanspreadError(code, {
      message: `${manifest.displayName} (${id}) ${what}.`,
      details: { extensionId: id },
      ...(cause !== undefined && { cause }),
    });
  }
}
