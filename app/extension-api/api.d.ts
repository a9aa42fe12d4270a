// @lanspread/extension-api 1.0.0. Made by build/api-report.ts; do not edit.

/**
 * - `ARCHIVE_CORRUPT`: damaged, cut off, or not what its name says.
 * - `ARCHIVE_ENCRYPTED`: it needs a password.
 * - `ARCHIVE_HOSTILE`: it is made to do harm.
 * - `ARCHIVE_UNSUPPORTED`: it is sound, but packed by a method or with a feature that the unpacker does not know.
 * - `VOLUME_MISSING`: one of its volumes is not there; `file` names it.
 * - `NO_UNPACKER`: it is no archive of the kind at all.
 */
export type ArchiveErrorCode =
  | 'ARCHIVE_CORRUPT'
  | 'ARCHIVE_ENCRYPTED'
  | 'ARCHIVE_HOSTILE'
  | 'ARCHIVE_UNSUPPORTED'
  | 'VOLUME_MISSING'
  | 'NO_UNPACKER';
export interface ArchiveErrorOptions extends ErrorOptions {
  /** The entry that it is about, as listed. */
  readonly entry?: string;
  /** The file that it is about: a volume's name. */
  readonly file?: string;
}
/**
 * Says what is wrong with an archive, in a way that the launcher explains to the player. The code is what counts: any
 * error with such a `code` will do. Whatever else an extension throws is shown as a failure of the extension.
 */
export declare class ArchiveError extends Error {
  readonly name = 'ArchiveError';
  readonly code: ArchiveErrorCode;
  readonly entry: string | undefined;
  readonly file: string | undefined;
  constructor(code: ArchiveErrorCode, message: string, options?: ArchiveErrorOptions);
}

/** The archive that a call is about. It can be read while the call lasts. */
export interface Archive {
  /** The file's name, without its folder. */
  readonly name: string;
  /** Of the first file. */
  readonly sizeBytes: number;
  /** The names of all its files, this one first; more than one when it is cut into volumes. */
  readonly volumes: readonly string[];
  /**
   * Up to `length` bytes from `offset`, at most 1 MiB; fewer at the end of the file. `volume` is an index into `volumes`,
   * 0 when left out.
   */
  read(offset: number, length: number, volume?: number): Promise<Uint8Array>;
}
export interface Entry {
  /** Relative, with forward slashes. The host refuses paths that lead outside or are impossible on some system. */
  path: string;
  /** Of a file, unpacked; the host holds the content to it. */
  sizeBytes: number;
  /**
   * Only files and directories are installed. In the place of a link comes a copy of what it points at; an archive with
   * `other` things, such as devices, is refused.
   */
  kind: 'file' | 'directory' | 'symlink' | 'hardlink' | 'other';
  executable?: boolean;
  /**
   * Of a link: where it leads, as the archive has it, from the link's folder on, for a `hardlink` from the top of the
   * archive. Without it, and when it leads nowhere or outside, the link is left out. A plan leaves links out.
   */
  target?: string;
  /** Needs a password: the archive is refused and the player told why. */
  encrypted?: boolean;
  /** Bytes inside the archive, where it tells. */
  packedBytes?: number;
  /**
   * Unpacking can begin here at no cost: nothing before it is needed. Of a solid block that is so of the first file alone.
   * An unpacker that says so understands a `Selection`; large archives are then unpacked from several places at once.
   */
  startsBlock?: boolean;
}
/**
 * Takes the content of an archive, in the order of its listing. The host checks every path and size and writes; nothing
 * is written once the call was aborted.
 */
export interface Sink {
  /** Of the listing: the next entry that was not given yet. */
  directory(path: string): Promise<void>;
  /**
   * Of the listing: the next entry that was not given yet. The content has exactly the size listed; pieces may have any
   * length. Resolves when the host has taken all of it, and asks for the next piece only when it took the one before.
   */
  file(path: string, content: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void>;
}

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | {
      readonly [key: string]: Json;
    };
/** What every call gets. */
export interface Call {
  /** Aborts when the answer is of no use any more. Who goes on for another 5 seconds is stopped with its process. */
  readonly signal: AbortSignal;
  /**
   * Tells that the work gets on, in units of your choice; what takes long is given up when it is not told for 60 seconds.
   * May be called as often as you like.
   */
  progress(done: number, total?: number): void;
}

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
  readonly players?: {
    readonly min: number;
    readonly max: number;
  };
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

/** What an extension's main module exports, by name or as its default. */
export interface Extension {
  /** Called once, within 10 seconds: registers what the manifest contributes. */
  activate(context: Context): void | Promise<void>;
  /** Called before the process ends, when it can be; has 5 seconds. `context.subscriptions` are disposed afterwards. */
  deactivate?(): void | Promise<void>;
}
export interface Context {
  /** `publisher.name`. */
  readonly extensionId: string;
  /** The extension's own folder, absolute. It can be read, not written. */
  readonly directory: string;
  /** Kept from one start to the next, and when the extension is updated. */
  readonly storage: KeyValue;
  /** Lines in the launcher's log, marked with the extension's id. */
  readonly log: Logger;
  /** Disposed, last first, after `deactivate`. */
  readonly subscriptions: Disposable[];
  /** The implementation of `contributes.unpackers[].id`. Throws when the manifest has no such id. */
  registerUnpacker(id: string, unpacker: Unpacker): Disposable;
  /** The implementation of `contributes.catalogSources[].id`. Throws when the manifest has no such id. */
  registerCatalogSource(id: string, source: CatalogSource): Disposable;
  /**
   * Asks a host of `permissions.net`; the launcher does it. Redirects are followed only within these hosts. Rejects for
   * any other host, after 30 seconds, and when the answer is over 16 MiB.
   */
  fetch(url: string, init?: FetchInit): Promise<FetchResult>;
}
/** At most 1 MiB in all, as JSON. */
export interface KeyValue {
  get(key: string): Promise<Json | undefined>;
  set(key: string, value: Json): Promise<void>;
  delete(key: string): Promise<void>;
  keys(): Promise<readonly string[]>;
}
export interface Logger {
  debug(
    message: string,
    facts?: {
      readonly [name: string]: Json;
    },
  ): void;
  info(
    message: string,
    facts?: {
      readonly [name: string]: Json;
    },
  ): void;
  warn(
    message: string,
    facts?: {
      readonly [name: string]: Json;
    },
  ): void;
  error(
    message: string,
    facts?: {
      readonly [name: string]: Json;
    },
  ): void;
}
export interface FetchInit {
  /** Default: `GET`. */
  readonly method?: 'GET' | 'HEAD' | 'POST';
  readonly headers?: {
    readonly [name: string]: string;
  };
  /** At most 1 MiB. */
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
}
export interface FetchResult {
  readonly status: number;
  readonly ok: boolean;
  /** The address that answered, after redirects. */
  readonly url: string;
  /** By name in lower case. */
  readonly headers: {
    readonly [name: string]: string;
  };
  bytes(): Promise<Uint8Array>;
  text(): Promise<string>;
  json(): Promise<Json>;
}

/** How the content of an archive is got out: the host does it, so that no byte takes the way through the extension. */
export type Plan = ToolPlan | SinkPlan;
/**
 * Run a tool of the manifest.
 *
 * - `destination`: it writes into its working directory, which is the destination. Only to install.
 * - `concatenated-stdout`: it prints the contents of all files, one after the other in the order of the listing; the
 *   host cuts them by their listed sizes.
 * - `tar-stdout`: it prints a tar archive with the entries of the listing.
 */
export interface ToolPlan extends ToolCommand {
  readonly kind: 'tool';
  readonly output: 'destination' | 'concatenated-stdout' | 'tar-stdout';
  /** A tool whose stdout this one reads as its stdin. */
  readonly input?: ToolCommand;
  /** Default: 0 alone. */
  readonly okExitCodes?: readonly number[];
  /** `percent`: it prints `42%` while it works. Left out, the host measures what it wrote. */
  readonly progress?: 'percent';
  /** What the tool's complaints on stderr mean, the first that fits; compared without regard to case. */
  readonly failures?: readonly ToolFailure[];
}
/** The extension unpacks by itself and gives everything to the host. For formats that no tool opens. */
export interface SinkPlan {
  readonly kind: 'sink';
  write(sink: Sink, call: Call): Promise<void>;
}
export interface ToolFailure {
  /** Part of a line on stderr. */
  readonly says: string;
  readonly means: ArchiveErrorCode | 'DISK_FULL';
}
/** A program of the manifest's `tools` that `permissions.tools` names; its hash is checked before it runs. */
export interface ToolCommand {
  readonly tool: string;
  /** No shell is in between. `archive` is the path of the archive's first file, `destination` that of the folder. */
  readonly args: readonly ToolArgument[];
}
export type ToolArgument =
  | string
  | {
      readonly ref: 'archive' | 'destination';
    }
  /** The path of a file with these lines, in UTF-8, behind a prefix such as `-x@`: for more than a command line holds. */
  | {
      readonly prefix: string;
      readonly lines: readonly string[];
    };
/** Runs tools to look into an archive: for listings and for telling what a compressed file holds. */
export interface ToolRunner {
  /**
   * Runs a tool on the archive of this call, in an empty temporary folder, without a shell. `destination` has no meaning
   * here. Resolves when it has ended, with whatever exit code; rejects when it cannot be started, when it does nothing for
   * 60 seconds and when the call is aborted, after it was killed.
   */
  runTool(tool: string, args: readonly ToolArgument[], options?: RunToolOptions): Promise<ToolResult>;
}
export interface RunToolOptions {
  /** A tool whose stdout this one reads as its stdin. */
  readonly input?: ToolCommand;
  /** How much of stdout is wanted, in bytes: at most 16 MiB, and 1 MiB when left out. Has no meaning with `onOutput`. */
  readonly maxOutputBytes?: number;
  /** What happens to a tool that prints more. Default: `stop`. */
  readonly beyond?: 'stop' | 'count';
  /** Takes stdout in pieces, up to 512 MiB in all; the tool waits until this resolves. */
  readonly onOutput?: (piece: Uint8Array) => void | Promise<void>;
}
export interface ToolResult {
  /** Undefined: it was stopped because it printed more than was wanted. */
  readonly exitCode: number | undefined;
  /** Empty when `onOutput` took it. */
  readonly stdout: Uint8Array;
  /** How much it printed, as far as it ran. */
  readonly stdoutBytes: number;
  /** The end of it, at most 4,000 characters. */
  readonly stderr: string;
  /** Exit code and stderr of `input`, when there was one. */
  readonly input?: {
    readonly exitCode: number | undefined;
    readonly stderr: string;
  };
}

/** Opens one kind of archive. */
export interface Unpacker {
  /**
   * How surely this archive is of the kind: 0 is no, 100 is mine. From 50 on the file is unpacked; below it is taken for
   * data of the game that happens to look like an archive. Asked only when the manifest's `match` fits; has 2 seconds.
   */
  probe(archive: Archive, call: Call): Promise<number>;
  /** Every entry, in the order in which the archive holds them. May take as long as it tells progress. */
  list(archive: Archive, call: UnpackCall): Promise<readonly Entry[]>;
  /**
   * How the host gets the content out. `install`: into a folder. `stream`: one file after the other, in the order of
   * the listing, with no disk in between; a plan with the output `destination` is of no use there. A `selection` comes only
   * with `stream`, and only where the listing has entries that `startsBlock`.
   */
  plan(archive: Archive, mode: 'install' | 'stream', call: UnpackCall, selection?: Selection): Promise<Plan>;
}
/** Some of an archive's files: no other content is wanted. They follow each other in the listing. */
export interface Selection {
  /** As `list` gave them, in its order. */
  readonly paths: readonly string[];
  /** The name of a file in the working directory of the plan's tools: the paths, one a line, in UTF-8. */
  readonly listFile: string;
}
/** What `list` and `plan` get: tools can be run. */
export interface UnpackCall extends Call, ToolRunner {}
