/** What one extension keeps: a JSON file of at most 1 MiB in the state directory, replaced whole with every change. */
import { dirname } from 'node:path';
import { z } from 'zod';
import {
  isNotFound,
  LanspreadError,
  Semaphore,
  writeFileAtomic,
  type FileSystem,
  type Logger,
} from '../../base/index.ts';

export interface ExtensionStorage {
  get(key: string): Promise<unknown>;
  /** Errors: `EXTENSION_INVALID` when the value is no JSON or everything together would be over the limit; file system. */
  set(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<void>;
  keys(): Promise<readonly string[]>;
}

const maxStorageBytes = 1024 * 1024;
const maxKeyLength = 256;
const contentSchema = z.record(z.string(), z.json());

interface StorageOptions {
  readonly fileSystem: FileSystem;
  readonly logger: Logger;
  /** Absolute. */
  readonly path: string;
  readonly extensionId: string;
}

export function openStorage(options: StorageOptions): ExtensionStorage {
  return new FileStorage(options);
}

class FileStorage implements ExtensionStorage {
  readonly #options: StorageOptions;
  /** One change at a time. */
  readonly #turn = new Semaphore(1);
  #content: Map<string, unknown> | undefined;

  constructor(options: StorageOptions) {
    this.#options = options;
  }

  async get(key: string): Promise<unknown> {
    return await this.#turn.run(async () => (await this.#load()).get(key));
  }

  async keys(): Promise<readonly string[]> {
    return await this.#turn.run(async () => [...(await this.#load()).keys()]);
  }

  async set(key: string, value: unknown): Promise<void> {
    if (key.length === 0 || key.length > maxKeyLength) throw this.#refuse(`a key has 1 to ${maxKeyLength} characters`);
    const json = z.json().safeParse(value);
    if (!json.success) throw this.#refuse(`the value of ${JSON.stringify(key)} is no JSON`);
    await this.#change((content) => content.set(key, json.data));
  }

  async delete(key: string): Promise<void> {
    await this.#change((content) => content.delete(key));
  }

  async #change(change: (content: Map<string, unknown>) => void): Promise<void> {
    const { fileSystem, path } = this.#options;
    await this.#turn.run(async () => {
      const next = new Map(await this.#load());
      change(next);
      const data = JSON.stringify(Object.fromEntries(next));
      if (Buffer.byteLength(data) > maxStorageBytes) throw this.#refuse('it would hold more than 1 MiB');
      await fileSystem.makeDirectory(dirname(path));
      await writeFileAtomic(fileSystem, { path, data });
      this.#content = next;
    });
  }

  async #load(): Promise<Map<string, unknown>> {
    return (this.#content ??= await this.#read());
  }

  async #read(): Promise<Map<string, unknown>> {
    const { fileSystem, path, logger, extensionId } = this.#options;
    try {
      if ((await fileSystem.stat(path)).sizeBytes > maxStorageBytes) throw new SyntaxError('it is too large');
      const text = (await fileSystem.readFile(path)).toString('utf8');
      return new Map(Object.entries(contentSchema.parse(JSON.parse(text))));
    } catch (error) {
      if (isNotFound(error)) return new Map();
      if (!(error instanceof SyntaxError || error instanceof z.ZodError)) throw error;
      logger.warn({ extensionId, path, err: error }, 'What an extension had stored is damaged and begun anew.');
      return new Map();
    }
  }

  #refuse(reason: string): LanspreadError {
    const { extensionId } = this.#options;
    return new LanspreadError('EXTENSION_INVALID', {
      message: `The storage of ${extensionId}: ${reason}.`,
      details: { extensionId },
    });
  }
}
