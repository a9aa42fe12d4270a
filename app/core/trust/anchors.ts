/** The keys whose signatures this PC trusts: the public keys in the folders of trust anchors and in the settings. */
import { basename, extname, join } from 'node:path';
import {
  Emitter,
  isNotFound,
  LanspreadError,
  nodeFileSystem,
  silentLogger,
  type FileSystem,
  type Logger,
} from '../base/index.ts';
import { parsePublicKey, type PublicKey } from './keys.ts';
import { isSignedBy } from './signature.ts';

export interface TrustAnchor {
  /** The file's name without its ending, or `settings`. */
  readonly name: string;
  readonly key: PublicKey;
}

interface TrustOptions {
  /** Absolute; a folder that does not exist has no keys. */
  readonly directories: readonly string[];
  /** Public keys from the settings. */
  readonly keys?: () => readonly string[];
  readonly fileSystem?: FileSystem;
  readonly logger?: Logger;
}

/** The endings of public key files; `.key` is for secret keys. */
const endings = new Set(['.pub', '.pem']);
const maxFileBytes = 16 * 1024;
const maxAnchors = 256;

export class Trust {
  readonly #options: TrustOptions;
  readonly #changed = new Emitter<void>();
  /** Fires when the folders hold other keys than before. */
  readonly onDidChange = this.#changed.event;
  #fromFiles: readonly TrustAnchor[] = [];

  constructor(options: TrustOptions) {
    this.#options = options;
  }

  /** Reads the folders again. Logs and leaves out a file without a key, and a folder that cannot be read. */
  async load(): Promise<void> {
    const found: TrustAnchor[] = [];
    for (const directory of this.#options.directories) found.push(...(await this.#read(directory)));
    const keys = (anchors: readonly TrustAnchor[]): string => anchors.map(({ name, key }) => name + key.hex).join();
    const before = keys(this.#fromFiles);
    this.#fromFiles = found.slice(0, maxAnchors);
    if (keys(this.#fromFiles) !== before) this.#changed.fire();
  }

  anchors(): readonly TrustAnchor[] {
    const fromSettings = (this.#options.keys?.() ?? []).flatMap((text) => this.#parse(text, 'settings') ?? []);
    const unique = new Map<string, TrustAnchor>();
    for (const anchor of [...this.#fromFiles, ...fromSettings])
      if (!unique.has(anchor.key.hex)) unique.set(anchor.key.hex, anchor);
    return [...unique.values()];
  }

  /** The anchor with this public key, in hex. */
  find(keyHex: string): TrustAnchor | undefined {
    return this.anchors().find(({ key }) => key.hex === keyHex);
  }

  /** The trusted anchor that made this signature. */
  signerOf(bytes: Uint8Array, signature: Uint8Array): TrustAnchor | undefined {
    return this.anchors().find(({ key }) => isSignedBy(key, bytes, signature));
  }

  async #read(directory: string): Promise<TrustAnchor[]> {
    const { fileSystem = nodeFileSystem, logger = silentLogger } = this.#options;
    const anchors: TrustAnchor[] = [];
    try {
      const entries = await fileSystem.list(directory);
      const names = entries.filter(({ kind, name }) => kind === 'file' && endings.has(extname(name)));
      for (const { name } of names.sort((a, b) => (a.name < b.name ? -1 : 1))) {
        const path = join(directory, name);
        if ((await fileSystem.stat(path)).sizeBytes > maxFileBytes) {
          logger.warn({ path }, 'A file among the trust anchors is too large to be a key.');
          continue;
        }
        const anchor = this.#parse(await fileSystem.readFile(path), basename(name, extname(name)));
        if (anchor) anchors.push(anchor);
      }
    } catch (error) {
      if (!isNotFound(error)) logger.warn({ directory, err: error }, 'The trust anchors could not be read.');
    }
    return anchors;
  }

  #parse(bytes: Uint8Array | string, name: string): TrustAnchor | undefined {
    try {
      return { name, key: parsePublicKey(bytes) };
    } catch (error) {
      if (!(error instanceof LanspreadError)) throw error;
      this.#options.logger?.warn({ anchor: name }, `A trust anchor is left out. ${error.message}`);
      return undefined;
    }
  }
}
