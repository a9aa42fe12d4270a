/** The seam between what is known of extensions (the store), what runs them (the host) and who uses them (the core). */
import type { Event, LanspreadError, SignalOptions } from '../base/index.ts';
import type { Unpacker } from '../content/index.ts';
import type { ExtensionManifest, Permissions } from './manifest/index.ts';

/** `built-in`: ships with Lanspread. `signed`: by a trusted key. `sideloaded`: by nobody, or from a development folder. */
export type ExtensionTrust = 'built-in' | 'signed' | 'sideloaded';

/** Everything the host needs to know of one extension. Made by the store; the host trusts it. */
export interface ExtensionDescription {
  /** `publisher.name`. */
  readonly id: string;
  readonly manifest: ExtensionManifest;
  /** Absolute; holds the manifest. */
  readonly directory: string;
  readonly trust: ExtensionTrust;
  /** The permissions that the player granted; never more than the manifest asks for. */
  readonly granted: Permissions;
  /** False: it contributes nothing and no process is started for it. */
  readonly enabled: boolean;
  /**
   * Absolute folders outside its own that it may read: those in its configuration, when `configured folders` is
   * granted. They need not exist yet. A change restarts the process before its next call.
   */
  readonly readableFolders?: readonly string[];
  /** Loaded from where its author works on it. */
  readonly development?: {
    /** Changes with every change in the folder: the process is restarted before its next call. */
    readonly revision?: number;
    /** A port of 127.0.0.1 on which a debugger may attach; 0 takes a free one. Left out: none. */
    readonly inspectPort?: number;
  };
}

/**
 * `stopped`: not needed now, or not yet. `crashed`: ended by itself or was killed, and is started again when it is next
 * needed. `disabled`: by the player, or by three crashes in five minutes (`lastError` says so).
 */
export type ExtensionPhase = 'stopped' | 'starting' | 'running' | 'crashed' | 'disabled';

export interface ExtensionState {
  readonly id: string;
  readonly phase: ExtensionPhase;
  /** The id of the running process. */
  readonly pid?: number;
  /** Since it was installed. */
  readonly crashCount: number;
  /** Names the extension in `details.extensionId`. */
  readonly lastError?: LanspreadError;
}

export interface CatalogQuery {
  readonly cursor?: string | undefined;
  readonly configuration: unknown;
}

/** Not checked but for its outline: games go through the catalog's own schema. */
export interface CatalogPage {
  readonly games: readonly unknown[];
  readonly next?: string;
  /** Sentences about games that the source left out. */
  readonly warnings?: readonly string[];
}

export interface UnpackerInfo {
  /** That of the `Unpacker`: `publisher.name/id`. */
  readonly id: string;
  readonly extensionId: string;
  readonly label: string;
}

/**
 * Runs extensions, each in a process of its own that is started when it is first needed and stopped when idle. Errors of
 * everything that reaches an extension: `EXTENSION_FAILED`, `EXTENSION_CRASHED`, `EXTENSION_TIMEOUT`,
 * `EXTENSION_MISBEHAVED`, `EXTENSION_DISABLED` (each names it in `details.extensionId` and in its message), `CANCELLED`.
 */
export interface ExtensionHost extends AsyncDisposable {
  /**
   * All extensions there are, in the user's order. What changed (folder, version, permissions, enabled, development
   * revision) is stopped, what is new is started when it is needed. An extension that was disabled for its crashes is
   * given another chance when `enabled` goes from false to true.
   */
  set(extensions: readonly ExtensionDescription[]): void;
  /** The unpackers of all enabled extensions, in the user's order. A process starts with the first call. */
  unpackers(): readonly Unpacker[];
  unpackerInfos(): readonly UnpackerInfo[];
  /** One page of a catalog source; has 30 seconds. Errors: as above, `UNKNOWN_EXTENSION`. */
  catalogPage(extensionId: string, sourceId: string, options: CatalogQuery & SignalOptions): Promise<CatalogPage>;
  /** Starts its process and waits until it is active: for authors' tests and `extension dev`. */
  activate(extensionId: string, options?: SignalOptions): Promise<void>;
  states(): readonly ExtensionState[];
  readonly onDidChangeState: Event<ExtensionState>;
  /** Log lines of extensions; they also go to the core's log. */
  readonly onDidLog: Event<ExtensionLogLine>;
  /** Deactivates all of them, kills who does not end in time. Everything pending is rejected. Never throws. */
  stop(options?: { timeoutMs?: number }): Promise<void>;
}

export interface ExtensionLogLine {
  readonly extensionId: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
}

/** Where crashes are written down; the store keeps them in the state. */
export interface CrashLedger {
  /** Crashes since the extension was installed. */
  count(extensionId: string): number;
  add(extensionId: string, error: LanspreadError): void;
  /** Three in five minutes: it stays disabled until the player enables it again. */
  disable(extensionId: string, error: LanspreadError): void;
}
