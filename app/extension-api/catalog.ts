import type { Call, Json } from './call.ts';

/** A list of games from somewhere. */
export interface CatalogSource {
  /** One page; the next is asked for with `next` as its `cursor`. Has 30 seconds. */
  page(query: CatalogQuery, call: Call): Promise<CatalogPage>;
}

export interface CatalogQuery {
  /** Left out: the first page. */
  readonly cursor?: string;
  /** What the player set, by the JSON Schema of `contributes.catalogSources[].configuration`. */
  readonly configuration: Json;
}

export interface CatalogPage {
  /** At most 1,000. */
  readonly games: readonly CatalogGame[];
  /** Left out: this is the last page. */
  readonly next?: string;
  /** What was left out and why, as sentences for the operator; at most 20 are shown. */
  readonly warnings?: readonly string[];
}

/** One game as a catalog file has it: see the catalog's format. Only `id`, `title` and `version` are required. */
export interface CatalogGame {
  /** Letters, digits, `.`, `_`, `-`; at most 64. The name of its folder on every PC. */
  readonly id: string;
  readonly title: string;
  /** What `version.ini` says. */
  readonly version: string;
  /** Pins the payload: the root hash of its manifest, 64 lower-case hex digits. */
  readonly manifestRoot?: string;
  /** Pins the installed tree in the same way. */
  readonly installedRoot?: string;
  readonly sizeBytes?: number;
  /** What the installed game takes, in bytes. */
  readonly installedSizeBytes?: number;
  readonly description?: string;
  readonly genres?: readonly string[];
  readonly players?: { readonly min: number; readonly max: number };
  readonly releaseYear?: number;
  readonly publisher?: string;
  /**
   * A picture (PNG, JPEG, WebP, AVIF or plain SVG, at most 2 MiB and 4,096 pixels wide and high): a path below a configured
   * folder, absolute or relative to it, or a `data:` URL in base64.
   */
  readonly cover?: string;
  readonly tags?: readonly string[];
  /** Other names that people search it by; at most 16 of 100 characters. */
  readonly aliases?: readonly string[];
  readonly launch?: readonly CatalogLaunch[];
  /** Patterns of the player's own files, such as `saves/**`. */
  readonly keep?: readonly string[];
  readonly requires?: readonly string[];
  /** Which files of the download are archives to unpack: a rule, or the names of files at its top. Default: `auto`. */
  readonly unpack?: 'auto' | 'never' | readonly string[];
  /** Ids of extensions, such as `acme.inno`, without which it cannot be installed. */
  readonly needs?: readonly string[];
}

export interface CatalogLaunch {
  readonly label: string;
  /** Default: `any`. */
  readonly platform?: 'linux' | 'win32' | 'darwin' | 'any';
  /** A path inside the installed game. */
  readonly command: string;
  readonly arguments?: readonly string[];
  readonly workingDirectory?: string;
  readonly server?: boolean;
}
