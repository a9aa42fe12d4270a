/**
 * Every error that leaves a function on purpose is a LanspreadError with a code of this table. The table says, for
 * people, what happened, what was kept and what to do next; it generates docs/errors.md. Nobody matches message text.
 */
export interface ErrorEntry {
  /** What happened, as a sentence a player understands. */
  readonly message: string;
  /** What was kept or left untouched. */
  readonly kept: string;
  /** The one thing to do next. */
  readonly next: string;
}

const nothingChanged = 'Nothing was changed.';

export const errorTable = {
  // commands
  BAD_REQUEST: {
    message: 'The request is malformed.',
    kept: nothingChanged,
    next: 'Correct the named field and send it again.',
  },
  UNKNOWN_COMMAND: {
    message: 'There is no such command.',
    kept: nothingChanged,
    next: 'See `lanspread --help` for the commands.',
  },
  NOT_IN_CATALOG: {
    message: 'The catalog has no game with this id.',
    kept: nothingChanged,
    next: 'Check the id, or import a catalog that lists it.',
  },
  NOT_DOWNLOADED: {
    message: 'The game is not downloaded on this PC.',
    kept: nothingChanged,
    next: 'Download it first.',
  },
  NOT_INSTALLED: { message: 'The game is not installed on this PC.', kept: nothingChanged, next: 'Install it first.' },
  INSTALLED: { message: 'The game is installed.', kept: nothingChanged, next: 'Uninstall it first.' },
  ALREADY_DOWNLOADED: {
    message: 'The wanted version is already here.',
    kept: nothingChanged,
    next: 'Install or play it.',
  },
  UP_TO_DATE: {
    message: 'The installed version is the wanted one.',
    kept: nothingChanged,
    next: 'There is nothing to update; play it.',
  },
  NOT_RESUMABLE: {
    message: 'There is no broken-off or paused download of this game.',
    kept: nothingChanged,
    next: 'Start a download instead.',
  },
  OPERATION_IN_PROGRESS: {
    message: 'Something else is already happening with this game.',
    kept: nothingChanged,
    next: 'Wait until it is done, or cancel it.',
  },
  NO_OPERATION: {
    message: 'Nothing is happening with this game.',
    kept: nothingChanged,
    next: 'There is nothing to cancel or pause.',
  },
  OPERATIONS_ACTIVE: {
    message: 'This setting cannot change while operations are active.',
    kept: nothingChanged,
    next: 'Wait for them or cancel them, then try again.',
  },
  UNKNOWN_SETTING: {
    message: 'There is no such setting.',
    kept: nothingChanged,
    next: 'See the settings page for the names.',
  },
  SHUTTING_DOWN: {
    message: 'Lanspread is shutting down.',
    kept: 'Downloads are paused and keep what they have.',
    next: 'Start Lanspread again.',
  },
  CANCELLED: {
    message: 'The operation was cancelled.',
    kept: 'An installed game stays as it is.',
    next: 'Start it again whenever you like.',
  },
  NOT_REMOVABLE: {
    message: 'The downloaded files cannot be removed now.',
    kept: nothingChanged,
    next: 'See the reason; uninstall or cancel first.',
  },
  NOT_SUPPORTED: {
    message: 'This version of Lanspread cannot do that yet.',
    kept: nothingChanged,
    next: 'Use another way, or a newer version.',
  },
  // playing
  NO_LAUNCH: {
    message: 'The catalog does not say how this game is started here.',
    kept: nothingChanged,
    next: "Start it from its folder, or ask the catalog's author for a launch entry.",
  },
  LAUNCH_MISSING: {
    message: 'The program that starts the game is not in the installed game.',
    kept: nothingChanged,
    next: 'Install the game again; if it is still missing, the catalog names the wrong file.',
  },
  PLAY_FAILED: {
    message: "The game's program could not be started.",
    kept: nothingChanged,
    next: "Start it from its folder to see the system's own message.",
  },
  // kiosk
  KIOSK_LOCKED: {
    message: 'This PC is in kiosk mode; that is for its operator.',
    kept: nothingChanged,
    next: "Unlock it with the operator's PIN.",
  },
  KIOSK_PIN_REQUIRED: {
    message: 'Kiosk mode needs a PIN to leave it again, and none is set.',
    kept: 'Kiosk mode stays off.',
    next: 'Set a PIN first, then switch kiosk mode on.',
  },
  KIOSK_PIN_LOST: {
    message: 'The PIN of this PC is lost, because its file was damaged.',
    kept: 'Kiosk mode stays locked.',
    next: 'See “A lost PIN” in docs/operators.md.',
  },
  WRONG_PIN: { message: 'This is not the PIN.', kept: 'Kiosk mode stays locked.', next: 'Try again.' },
  TOO_MANY_ATTEMPTS: {
    message: 'The PIN was wrong too often.',
    kept: 'Kiosk mode stays locked.',
    next: 'Wait as long as the message says, then try again.',
  },
  // state and disk
  STATE_LOCKED: {
    message: 'Another Lanspread already uses this state directory.',
    kept: nothingChanged,
    next: 'Close the other one, or choose another state directory.',
  },
  STATE_CORRUPT: {
    message: 'The database could not be read.',
    kept: 'It was moved aside; your games are untouched.',
    next: 'Nothing: it is rebuilt from the disk.',
  },
  STATE_TOO_NEW: {
    message: 'The database was written by a newer Lanspread.',
    kept: nothingChanged,
    next: 'Start the newer version.',
  },
  DISK_FULL: {
    message: 'There is not enough free space.',
    kept: 'Verified blocks are kept.',
    next: 'Free the named space, then resume.',
  },
  IO_ERROR: {
    message: 'A file could not be read or written.',
    kept: 'Verified blocks and installed games are kept.',
    next: 'Check the disk and its permissions, then try again.',
  },
  PERMISSION_DENIED: {
    message: 'Access to a file or folder was denied.',
    kept: nothingChanged,
    next: 'Give your user access to the games folder, or choose another one.',
  },
  FOLDER_NOT_FOUND: {
    message: 'The folder is not there.',
    kept: nothingChanged,
    next: 'Choose another folder, or make it first.',
  },
  FOLDER_EXISTS: {
    message: 'There is something of this name already.',
    kept: nothingChanged,
    next: 'Choose another name, or that folder.',
  },
  GAMES_DIR_LOST: {
    message: 'The games folder is not there.',
    kept: 'What is on it is untouched.',
    next: 'Connect the drive, or choose another games folder.',
  },
  INVALID_PATH: {
    message: 'A path is not allowed.',
    kept: nothingChanged,
    next: 'The source of this path is broken or hostile; use another one.',
  },
  UNSAFE_ROOT: {
    message: 'The game folder is not one that Lanspread may write to.',
    kept: nothingChanged,
    next: 'Move the link or file of that name out of the games folder.',
  },
  // catalog
  CATALOG_INVALID: {
    message: 'The catalog is not valid.',
    kept: 'The catalogs that were loaded before stay in use.',
    next: 'Correct the named field.',
  },
  CATALOG_NOT_FOUND: {
    message: 'The catalog file cannot be read.',
    kept: 'The catalogs that were loaded before stay in use.',
    next: 'Check the path.',
  },
  CATALOG_UNSIGNED: {
    message: 'The catalog is not signed by a key that this PC trusts.',
    kept: 'The catalogs that were loaded before stay in use.',
    next: "Put its maker's public key into `certs`, or ask for a signed copy.",
  },
  UNKNOWN_CATALOG: {
    message: 'There is no catalog with this id.',
    kept: nothingChanged,
    next: 'See `lanspread catalog list` for the ids.',
  },
  // signatures
  SIGNATURE_INVALID: {
    message: 'The signature does not fit.',
    kept: nothingChanged,
    next: 'The file was changed after it was signed, or by somebody whose key is not trusted here: get it again from its maker.',
  },
  KEY_INVALID: {
    message: 'This is not an Ed25519 key.',
    kept: nothingChanged,
    next: 'Make a pair of keys with `lanspread catalog keygen`.',
  },
  // network
  BAD_MESSAGE: {
    message: 'A peer sent something that is not the protocol.',
    kept: nothingChanged,
    next: 'Nothing: the stream was closed.',
  },
  FRAME_TOO_LARGE: {
    message: 'A peer sent a message over the size limit.',
    kept: nothingChanged,
    next: 'Nothing: the stream was closed.',
  },
  INCOMPATIBLE_PEER: {
    message: 'The peer speaks another protocol version.',
    kept: nothingChanged,
    next: 'Update Lanspread on both PCs to the same version.',
  },
  ROOM_CLOSED: {
    message: 'This room is closed, and the two PCs do not have the same key.',
    kept: nothingChanged,
    next: 'Give both PCs the same room key file in the settings, and start Lanspread again.',
  },
  ROOM_KEY_INVALID: {
    message: 'The room key cannot be used.',
    kept: 'Nothing was changed; without the key this PC stays alone.',
    next: 'Name a file of 32 random bytes, the same on every PC of the room.',
  },
  SELF_CONNECT: {
    message: 'This address is this PC itself.',
    kept: nothingChanged,
    next: 'Give the address of another PC.',
  },
  INVALID_ADDRESS: {
    message: 'This is not a multiaddress.',
    kept: nothingChanged,
    next: 'Use an address as `lanspread peers` prints it, e.g. /ip4/192.168.1.5/udp/4001/quic-v1.',
  },
  PEER_UNREACHABLE: {
    message: 'The peer cannot be reached.',
    kept: nothingChanged,
    next: 'Check that it runs and that no firewall is in between (`lanspread doctor`).',
  },
  PEER_GONE: {
    message: 'The peer is gone.',
    kept: 'Verified blocks are kept.',
    next: 'It resumes when a peer with the game is back.',
  },
  PEER_TIMEOUT: {
    message: 'The peer did not answer in time.',
    kept: 'Verified blocks are kept.',
    next: 'Try again; see `lanspread doctor` if it stays so.',
  },
  TOO_MANY_REQUESTS: {
    message: 'The peer is at its limit.',
    kept: nothingChanged,
    next: 'Nothing: it is tried again by itself.',
  },
  // serve gate
  GAME_NOT_FOUND: {
    message: 'The peer does not have this game in this version.',
    kept: nothingChanged,
    next: 'Another peer is used.',
  },
  MANIFEST_PENDING: {
    message: 'The peer is still hashing this game.',
    kept: nothingChanged,
    next: 'It is waited for.',
  },
  MANIFEST_MISMATCH: {
    message: 'The peer has other content under this version.',
    kept: nothingChanged,
    next: 'Another peer is used.',
  },
  NOT_SERVED: { message: 'The peer does not give this.', kept: nothingChanged, next: 'Another peer is used.' },
  BLOCK_NOT_AVAILABLE: {
    message: 'The peer does not have this block (yet).',
    kept: nothingChanged,
    next: 'Another peer is used.',
  },
  // download
  NO_PEERS: {
    message: 'No peer here has the wanted version.',
    kept: 'What was there before is kept.',
    next: 'Wait until somebody who has it is online.',
  },
  MANIFEST_TIE: {
    message: 'The PCs hold different files of this game, and it is not clear which are right.',
    kept: nothingChanged,
    next: 'Ask the named people which copy is right and choose it, or delete the wrong one.',
  },
  MANIFEST_INVALID: {
    message: 'The list of files of this game is not valid.',
    kept: nothingChanged,
    next: 'The peer that sent it is broken or hostile; use another one.',
  },
  NO_SOUND_SOURCE: {
    message: 'The remaining blocks arrive damaged from every peer.',
    kept: 'Verified blocks are kept.',
    next: 'Let the named peer verify its copy, then resume.',
  },
  BLOCK_CORRUPT: {
    message: 'A block does not match its hash.',
    kept: 'Verified blocks are kept.',
    next: 'It is fetched from another peer.',
  },
  // install
  NO_ARCHIVE: {
    message: 'The payload has nothing to install.',
    kept: 'The download is kept.',
    next: 'Verify the download.',
  },
  NO_UNPACKER: {
    message: 'No unpacker knows this archive.',
    kept: 'The download is kept.',
    next: 'Install an extension that can open it.',
  },
  ARCHIVE_CORRUPT: {
    message: 'The archive is damaged.',
    kept: 'The download and any earlier install are kept.',
    next: 'Verify and repair the download.',
  },
  ARCHIVE_ENCRYPTED: {
    message: 'The archive is encrypted.',
    kept: 'The download is kept.',
    next: 'Ask who packed it for a copy without a password.',
  },
  ARCHIVE_HOSTILE: {
    message: 'The archive tries to write outside its folder or to exhaust this PC.',
    kept: 'Nothing outside staging was written; the download is kept.',
    next: 'Remove it and tell who packed it.',
  },
  ARCHIVE_UNSUITABLE: {
    message: 'The archive holds something that Windows cannot store.',
    kept: 'The download and any earlier install are kept.',
    next: 'Ask who packed it to give the named file another name.',
  },
  UNPACKER_FAILED: {
    message: 'The unpacker failed.',
    kept: 'The download and any earlier install are kept.',
    next: 'See the log; verify the download.',
  },
  // extensions
  EXTENSION_INVALID: {
    message: 'This is not a sound extension.',
    kept: nothingChanged,
    next: 'Get it again from its author, or correct the named field.',
  },
  EXTENSION_INCOMPATIBLE: {
    message: 'The extension is made for another version of Lanspread.',
    kept: nothingChanged,
    next: 'Use a version of the extension that fits, or update Lanspread.',
  },
  UNKNOWN_EXTENSION: {
    message: 'There is no extension with this id.',
    kept: nothingChanged,
    next: 'See `lanspread extension list` for the ids.',
  },
  EXTENSION_BUILT_IN: {
    message: 'This extension is part of Lanspread.',
    kept: nothingChanged,
    next: 'Disable it instead.',
  },
  EXTENSION_DISABLED: {
    message: 'The extension is disabled.',
    kept: nothingChanged,
    next: 'Enable it, or update it when it was disabled for its crashes.',
  },
  EXTENSION_FAILED: {
    message: 'The extension failed.',
    kept: nothingChanged,
    next: 'Tell its author what the log says; another extension may do.',
  },
  EXTENSION_CRASHED: {
    message: "The extension's process ended.",
    kept: 'Lanspread and all other extensions go on; downloads and earlier installs are kept.',
    next: 'Try again; it is started anew. After three crashes in five minutes it is disabled.',
  },
  EXTENSION_TIMEOUT: {
    message: 'The extension did not answer in time.',
    kept: 'Lanspread and all other extensions go on; downloads and earlier installs are kept.',
    next: 'Try again; tell its author when it happens every time.',
  },
  EXTENSION_MISBEHAVED: {
    message: 'The extension broke the rules for extensions.',
    kept: 'Lanspread and all other extensions go on; downloads and earlier installs are kept.',
    next: 'Disable it and tell its author what the log says.',
  },
  // the rest
  INTERNAL: {
    message: 'Lanspread made a mistake.',
    kept: 'Verified blocks and installed games are kept.',
    next: 'Please report it with the log.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

/** Facts about one error, shown beside its message and carried in events (`peerId`, `file`, `block`, `neededBytes`…). */
export type ErrorDetails = Readonly<Record<string, unknown>>;

export interface LanspreadErrorOptions {
  /** One sentence about this very case; the table's message when left out. */
  message?: string;
  details?: ErrorDetails;
  cause?: unknown;
}

export class LanspreadError extends Error {
  override readonly name = 'LanspreadError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, { message, details = {}, cause }: LanspreadErrorOptions = {}) {
    super(message ?? errorTable[code].message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }

  /** The form that crosses a boundary: RPC, JSONL, a lane header. */
  toJSON(): { code: ErrorCode; message: string } & Record<string, unknown> {
    return { ...this.details, code: this.code, message: this.message };
  }
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(errorTable, value);
}

const systemCodes: Record<string, ErrorCode> = {
  ENOSPC: 'DISK_FULL',
  EDQUOT: 'DISK_FULL',
  EACCES: 'PERMISSION_DENIED',
  EPERM: 'PERMISSION_DENIED',
  EROFS: 'PERMISSION_DENIED',
  ABORT_ERR: 'CANCELLED',
};

/** The errno-style code of a Node error (`ENOENT`, `ENOSPC`, …), if it has one. */
export function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Any thrown value as a LanspreadError: coded ones pass, system errors map by errno, the rest becomes `fallback`. */
export function toLanspreadError(error: unknown, fallback: ErrorCode = 'INTERNAL'): LanspreadError {
  if (error instanceof LanspreadError) return error;
  if (isAbort(error)) return new LanspreadError('CANCELLED', { cause: error });
  const system = systemCode(error);
  const isErrno = system !== undefined && /^E[A-Z0-9]+$/.test(system);
  const code =
    (system ? systemCodes[system] : undefined) ?? (isErrno && fallback === 'INTERNAL' ? 'IO_ERROR' : fallback);
  const message = error instanceof Error ? error.message : String(error);
  return new LanspreadError(code, { message: `${errorTable[code].message} (${message})`, cause: error });
}

/** Whether an error only says that somebody asked to stop. */
export function isAbort(error: unknown): boolean {
  if (error instanceof LanspreadError) return error.code === 'CANCELLED' || error.code === 'SHUTTING_DOWN';
  return error instanceof Error && error.name === 'AbortError';
}

/** Whether a system error says the file or folder is not there. */
export function isNotFound(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}
