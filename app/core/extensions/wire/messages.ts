/** The names of what host and extension ask of each other, and the shapes that both ends share. */

/** Requests of the host to an extension. */
export const toExtension = {
  activate: 'activate',
  deactivate: 'deactivate',
  ping: 'ping',
  probe: 'unpacker/probe',
  list: 'unpacker/list',
  moreEntries: 'unpacker/moreEntries',
  plan: 'unpacker/plan',
  /** Carries out a plan of the kind `sink`, which the extension keeps under the call's id. */
  writeToSink: 'unpacker/writeToSink',
  catalogPage: 'catalog/page',
} as const;

/** Requests of an extension to the host. */
export const toHost = {
  readArchive: 'archive/read',
  startTool: 'tool/start',
  readTool: 'tool/read',
  finishTool: 'tool/finish',
  beginEntry: 'sink/begin',
  writeEntry: 'sink/write',
  endEntry: 'sink/end',
  fetch: 'fetch',
  storage: 'storage',
} as const;

/** Notifications of an extension to the host. */
export const notices = { log: 'log', progress: 'progress' } as const;

/** Notifications of the host to an extension: a call is over, and the extension can let go of what it kept for it. */
export const callOver = 'call/over';

export interface ActivateParams {
  readonly extensionId: string;
  readonly directory: string;
  /** `file:` URL of the main module. */
  readonly mainUrl: string;
  readonly unpackers: readonly string[];
  readonly catalogSources: readonly string[];
}

export interface ArchiveFacts {
  readonly name: string;
  readonly sizeBytes: number;
  readonly volumes: readonly string[];
}

/** Every call that belongs to an operation has an id, under which the extension asks for what the call needs. */
export interface CallParams {
  readonly callId: number;
}

export interface UnpackerParams extends CallParams {
  readonly unpackerId: string;
  readonly archive: ArchiveFacts;
}

/** How an error travels: the `data` of a JSON-RPC error. */
export interface ErrorData {
  readonly code?: string;
  /** The entry and the file that an archive's error is about. */
  readonly entry?: string;
  readonly file?: string;
  readonly stack?: string;
}

/** The JSON-RPC code of an error that an extension threw. */
export const extensionThrew = -32_000;
/** The JSON-RPC code of an error of the host. */
export const hostRefused = -32_001;
