import type { Event, GameId, SignalOptions } from '../base/index.ts';
import type { PulledGame } from './live/pull-pages.ts';

interface Launch {
  readonly label: string;
  readonly platform: 'linux' | 'win32' | 'darwin' | 'any';
  /** Relative to `local/`. */
  readonly command: string;
  readonly arguments: readonly string[];
  readonly workingDirectory?: string;
  /** Starts a dedicated server. */
  readonly server?: boolean;
}

export interface CatalogGame {
  readonly id: GameId;
  readonly title: string;
  /** Other names that people search it by. */
  readonly aliases?: readonly string[];
  /** The wanted version: compared for equality only. */
  readonly version: string;
  readonly manifestRoot?: string;
  readonly installedRoot?: string;
  readonly sizeBytes?: number;
  /** What the installed game takes: a download that will install asks for that room beforehand. */
  readonly installedSizeBytes?: number;
  readonly description: string;
  readonly genres: readonly string[];
  readonly players?: { readonly min: number; readonly max: number };
  readonly releaseYear?: number;
  readonly publisher?: string;
  /** Absolute path of the cover picture, when it is there. */
  readonly coverPath?: string;
  readonly tags: readonly string[];
  readonly launch: readonly Launch[];
  readonly keep: readonly string[];
  readonly requires?: readonly string[];
  /** Which files of the download are archives to unpack: see docs/catalogs.md. */
  readonly unpack?: 'auto' | 'never' | readonly string[];
  /** Ids of extensions without which it cannot be installed. */
  readonly needs?: readonly string[];
}

/** Whose key a catalog's signature was made with. */
export interface CatalogSigner {
  /** The key's name among the trust anchors; undefined when it is no longer trusted. */
  readonly name: string | undefined;
  /** The key's fingerprint, for people to compare: 32 hex digits. */
  readonly fingerprint: string;
}

export interface CatalogSource {
  readonly id: string;
  readonly name: string;
  /** The file it was imported from, absolute, or `extension:` and the id of a source of an extension. */
  readonly origin: string;
  readonly issued?: string;
  /** By a key that is trusted now. */
  readonly signed: boolean;
  /** Undefined: it bore no signature when it was imported. */
  readonly signedBy: CatalogSigner | undefined;
  /** False while signatures are required and it has none that counts: its games and revocations count for nothing. */
  readonly inUse: boolean;
  readonly gameCount: number;
  /** How many games it revokes. */
  readonly revokedCount: number;
}

export interface CatalogFindings {
  readonly games: readonly CatalogGame[];
  /** What was looked for instead of what was typed, where that names no game. */
  readonly meant?: string;
}

export interface CatalogImport extends CatalogSource {
  /** What is not as it should be and was left out, as sentences: a cover that is missing or too large. */
  readonly warnings: readonly string[];
}

/** A live source's whole list. */
export interface PulledSource {
  /** `extension:` and what it is; the source's id follows from it. */
  readonly origin: string;
  readonly name: string;
  readonly games: readonly PulledGame[];
  /** Where its covers may lie, absolute. */
  readonly folders: readonly string[];
  readonly warnings: readonly string[];
}

/** The games that exist. Its ids gate everything: an id it does not list is not announced, listed, served or fetched. */
export interface Catalog {
  has(id: string): id is GameId;
  get(id: string): CatalogGame | undefined;
  /** Every game, by title. */
  all(): readonly CatalogGame[];
  sources(): readonly CatalogSource[];
  /** The games that `find` gives. */
  search(query: string, options?: { limit?: number }): readonly CatalogGame[];
  /**
   * Best first: by names, then by texts. Blind to punctuation, spaces, accents and case; numbers may be Roman, words may be
   * beginnings, names may be initials or aliases. Where no name fits, mistakes in typing are forgiven. Answers in under
   * 10 ms for 20,000 games. A blank query gives every game by title. At most `limit` games, 200 if left out.
   */
  find(query: string, options?: { limit?: number }): CatalogFindings;
  /**
   * Loads, validates and stores a catalog file with its covers; the former one of the same name is replaced, in its
   * place among the sources. A signature beside it, `<file>.sig`, must be of a trusted key. Throws `CATALOG_NOT_FOUND`,
   * `CATALOG_INVALID` (`details.field`), `SIGNATURE_INVALID`, `CATALOG_UNSIGNED` while signatures are required,
   * `DISK_FULL`, `IO_ERROR`.
   */
  importFile(path: string, options?: SignalOptions): Promise<CatalogImport>;
  /** Takes over what a live source lists, in the place of what it listed before. Errors: `DISK_FULL`, `IO_ERROR`. */
  storePulled(source: PulledSource, options?: SignalOptions): Promise<CatalogImport>;
  /** Its games are gone at once; resolves when its covers are deleted too, and never rejects. */
  removeSource(id: string): Promise<void>;
  /** From the highest precedence to the lowest; sources left out follow in their present order. */
  orderSources(ids: readonly string[]): void;
  /** Whose signatures count, or whether they are required, may have changed: holds every source against that again. */
  reconsider(): void;
  readonly onDidChange: Event<void>;
}
