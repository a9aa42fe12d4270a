/**
 * Every error that leaves a function on purpose is a LanspreadError with a code of this table. The table says, for
 * people, what happened, what was kept and what to do next; it generates docs/errors.md. No code matches message text.
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
    next: 'Get it first.',
  },
  NOT_INSTALLED: { message: 'The game is not installed on this PC.', kept: nothingChanged, next: 'Install it first.' },
  INSTALLED: { message: 'The game is installed.', kept: nothingChanged, next: 'Uninstall it first.' },
  ALREADY_DOWNLOADED: {
    message: 'You already have this version.',
    kept: nothingChanged,
    next: 'Install it.',
  },
  UP_TO_DATE: {
    message: 'The game is up to date.',
    kept: nothingChanged,
    next: 'Play it.',
  },
  NOT_RESUMABLE: {
    message: 'There is no paused download of this game.',
    kept: nothingChanged,
    next: 'Get the game instead.',
  },
  OPERATION_IN_PROGRESS: {
    message: 'Another task is running for this game.',
    kept: nothingChanged,
    next: 'Wait until it is done, or cancel it.',
  },
  NO_OPERATION: {
    message: 'No task is running for this game.',
    kept: nothingChanged,
    next: 'There is nothing to cancel or pause.',
  },
  OPERATIONS_ACTIVE: {
    message: 'This setting cannot change while games are being downloaded, installed or played.',
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
    message: 'The download cannot be deleted now.',
    kept: nothingChanged,
    next: 'Uninstall the game or cancel its task first.',
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
    next: "Show its files and start it there, or ask the catalog's author for a launch entry.",
  },
  LAUNCH_MISSING: {
    message: 'The program that starts this game is missing.',
    kept: nothingChanged,
    next: 'Uninstall the game, then install it again. If that does not help, the catalog names the wrong file.',
  },
  PLAY_FAILED: {
    message: 'The game could not be started.',
    kept: nothingChanged,
    next: 'Show its files and start it there to see the message from the system.',
  },
  NOT_A_PROGRAM: {
    message: 'The file that starts the game is no program for this system.',
    kept: nothingChanged,
    next: "Ask the catalog's author for a launch entry for this system.",
  },
  GAME_ENDED_AT_ONCE: {
    message: 'The game ended with an error moments after it was started.',
    kept: nothingChanged,
    next: 'Install what it says is missing, or start it from its folder.',
  },
  // kiosk
  KIOSK_LOCKED: {
    message: 'This PC is in kiosk mode. Only the operator can do this.',
    kept: nothingChanged,
    next: "Unlock it with the operator's PIN.",
  },
  KIOSK_PIN_REQUIRED: {
    message: 'Kiosk mode needs a PIN, and none is set.',
    kept: 'Kiosk mode stays off.',
    next: 'Set a PIN first, then turn on kiosk mode.',
  },
  KIOSK_PIN_LOST: {
    message: 'The PIN of this PC is lost, because its file was damaged.',
    kept: 'Kiosk mode stays locked.',
    next: 'Read “A lost PIN” in docs/operators.md.',
  },
  WRONG_PIN: { message: 'Wrong PIN.', kept: 'Kiosk mode stays locked.', next: 'Try again.' },
  TOO_MANY_ATTEMPTS: {
    message: 'Too many wrong PINs.',
    kept: 'Kiosk mode stays locked.',
    next: 'Wait a moment, then try again.',
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
    next: 'You need not do anything. It is rebuilt from your games folder.',
  },
  STATE_TOO_NEW: {
    message: 'The database was written by a newer Lanspread.',
    kept: nothingChanged,
    next: 'Start the newer version.',
  },
  DISK_FULL: {
    message: 'There is not enough free disk space.',
    kept: 'What is downloaded so far is kept.',
    next: 'Free up space, then try again.',
  },
  FILE_TOO_LARGE: {
    message: 'The disk cannot hold a file of this size.',
    kept: 'What is downloaded so far is kept.',
    next: 'Choose a games folder on a disk with NTFS, exFAT or ext4; FAT32 ends at 4 GiB a file.',
  },
  IO_ERROR: {
    message: 'A file could not be read or written.',
    kept: 'Downloads and installed games are kept.',
    next: 'Check the disk and its permissions, then try again.',
  },
  PERMISSION_DENIED: {
    message: 'Access to a file or folder was denied.',
    kept: nothingChanged,
    next: 'Give your user access to what is named, or choose another folder.',
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
    message: 'The games folder is missing.',
    kept: 'What is on it is untouched.',
    next: 'Connect the drive, or choose another games folder.',
  },
  INVALID_PATH: {
    message: 'A path is not allowed.',
    kept: nothingChanged,
    next: 'Use another source: this one is broken or tries to write outside the game folder.',
  },
  UNSAFE_ROOT: {
    message: 'Lanspread may not write to the folder of this game.',
    kept: nothingChanged,
    next: 'Move the link or file with its name out of the games folder.',
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
    message: 'The catalog has no signature that this PC trusts.',
    kept: 'The catalogs that were loaded before stay in use.',
    next: "Add its author's public key in the settings, or ask for a signed copy.",
  },
  UNKNOWN_CATALOG: {
    message: 'There is no catalog with this id.',
    kept: nothingChanged,
    next: 'See `lanspread catalog list` for the ids.',
  },
  // signatures
  SIGNATURE_INVALID: {
    message: 'The signature does not match the file.',
    kept: nothingChanged,
    next: 'Get the file again from its author. It was changed after it was signed, or the key is not trusted here.',
  },
  KEY_INVALID: {
    message: 'This is not an Ed25519 key.',
    kept: nothingChanged,
    next: 'Create a key pair with `lanspread catalog keygen`.',
  },
  // network
  BAD_MESSAGE: {
    message: 'Another PC sent a message that is not part of the protocol.',
    kept: nothingChanged,
    next: 'You need not do anything. The connection was closed.',
  },
  FRAME_TOO_LARGE: {
    message: 'Another PC sent a message that is too large.',
    kept: nothingChanged,
    next: 'You need not do anything. The connection was closed.',
  },
  INCOMPATIBLE_PEER: {
    message: 'The other PC uses a different protocol version.',
    kept: nothingChanged,
    next: 'Install the same version of Lanspread on both PCs.',
  },
  ROOM_CLOSED: {
    message: 'The room is closed, and the two PCs have different room keys.',
    kept: nothingChanged,
    next: 'Choose the same room key on both PCs in the settings, then restart Lanspread.',
  },
  ROOM_KEY_INVALID: {
    message: 'The room key cannot be used.',
    kept: 'Nothing was changed; without the key this PC stays alone.',
    next: 'Choose a file of 32 random bytes, the same on every PC in the room.',
  },
  SELF_CONNECT: {
    message: 'This address is this PC itself.',
    kept: nothingChanged,
    next: 'Give the address of another PC.',
  },
  INVALID_ADDRESS: {
    message: 'This is not a valid address.',
    kept: nothingChanged,
    next: 'Enter a name or an IP address, or an address from `lanspread peers`, such as /ip4/192.168.1.5/udp/4001/quic-v1.',
  },
  PEER_UNREACHABLE: {
    message: 'The other PC cannot be reached.',
    kept: nothingChanged,
    next: 'Check that Lanspread is running there and that no firewall blocks it (`lanspread doctor`).',
  },
  PEER_GONE: {
    message: 'The other PC has left.',
    kept: 'What is downloaded so far is kept.',
    next: 'The download continues when a PC with this game is back.',
  },
  PEER_TIMEOUT: {
    message: 'The other PC did not answer in time.',
    kept: 'What is downloaded so far is kept.',
    next: 'Try again. If it keeps happening, run `lanspread doctor`.',
  },
  TOO_MANY_REQUESTS: {
    message: 'The other PC is busy.',
    kept: nothingChanged,
    next: 'You need not do anything. Lanspread tries again.',
  },
  // serve gate
  GAME_NOT_FOUND: {
    message: 'The other PC does not have this version of the game.',
    kept: nothingChanged,
    next: 'Lanspread uses another PC.',
  },
  MANIFEST_PENDING: {
    message: 'The other PC is still checking this game.',
    kept: nothingChanged,
    next: 'Lanspread waits for it.',
  },
  MANIFEST_MISMATCH: {
    message: 'The other PC has different files under the same version.',
    kept: nothingChanged,
    next: 'Lanspread uses another PC.',
  },
  NOT_SERVED: {
    message: 'The other PC does not share this.',
    kept: nothingChanged,
    next: 'Lanspread uses another PC.',
  },
  BLOCK_NOT_AVAILABLE: {
    message: 'The other PC does not have this block yet.',
    kept: nothingChanged,
    next: 'Lanspread uses another PC.',
  },
  // download
  NO_PEERS: {
    message: 'No PC here has this version.',
    kept: 'What you had before is kept.',
    next: 'Wait until someone who has it is here.',
  },
  MANIFEST_TIE: {
    message: 'The PCs hold different files of this game, and it is not clear which are right.',
    kept: nothingChanged,
    next: 'Ask the named people which copy is right and choose it, or delete the wrong one.',
  },
  MANIFEST_INVALID: {
    message: 'The list of files of this game is not valid.',
    kept: nothingChanged,
    next: 'Get the game from another PC: the one that sent the list is broken or malicious.',
  },
  NO_SOUND_SOURCE: {
    message: 'The remaining blocks arrive damaged from every PC.',
    kept: 'What is downloaded so far is kept.',
    next: 'Verify the game on the named PC, then try again.',
  },
  BLOCK_CORRUPT: {
    message: 'A block does not match its hash.',
    kept: 'What is downloaded so far is kept.',
    next: 'Lanspread gets it from another PC.',
  },
  // install
  NO_ARCHIVE: {
    message: 'The download contains nothing to install.',
    kept: 'The download is kept.',
    next: 'Verify the download.',
  },
  NO_UNPACKER: {
    message: 'No installed extension can open this archive.',
    kept: 'The download is kept.',
    next: 'Install an extension that can open it, or ask who packed it what it is.',
  },
  ARCHIVE_CORRUPT: {
    message: 'The archive is damaged.',
    kept: 'The download and the installed game are kept.',
    next: 'Repair the download.',
  },
  ARCHIVE_ENCRYPTED: {
    message: 'The archive has a password.',
    kept: 'The download is kept.',
    next: 'Delete the download, and ask whoever packed it for a copy without a password.',
  },
  ARCHIVE_HOSTILE: {
    message: 'The archive tries to write outside its folder or to overload this PC.',
    kept: 'Nothing was written outside; the download is kept.',
    next: 'Delete the download, and tell whoever packed it.',
  },
  ARCHIVE_UNSUITABLE: {
    message: 'The archive contains something that Windows cannot store.',
    kept: 'The download and the installed game are kept.',
    next: 'Ask who packed it to give the named file another name.',
  },
  ARCHIVE_UNSUPPORTED: {
    message: 'The archive is packed by a method that the unpacker does not know.',
    kept: 'The download and any earlier install are kept.',
    next: 'Ask who packed it for another format, or install an extension that can open it. Repairing does not help.',
  },
  VOLUME_MISSING: {
    message: 'A part of the archive is missing.',
    kept: 'The download and any earlier install are kept.',
    next: 'Ask who packed it for the named part. Repairing does not help: every PC has the game like this.',
  },
  UNPACKER_FAILED: {
    message: 'The archive could not be unpacked.',
    kept: 'The download and the installed game are kept.',
    next: 'Verify the download. The log has the details.',
  },
  // extensions
  EXTENSION_INVALID: {
    message: 'This is not a valid extension.',
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
    next: 'Turn it off instead.',
  },
  EXTENSION_DISABLED: {
    message: 'The extension is turned off.',
    kept: nothingChanged,
    next: 'Turn it on. If it was turned off because it crashed, update it.',
  },
  EXTENSION_FAILED: {
    message: 'The extension reported an error.',
    kept: nothingChanged,
    next: 'Tell its author what the log says, or use another extension.',
  },
  EXTENSION_CRASHED: {
    message: 'The extension crashed.',
    kept: 'Lanspread and all other extensions go on; downloads and installed games are kept.',
    next: 'Try again: it restarts by itself. After three crashes in five minutes it is turned off.',
  },
  EXTENSION_TIMEOUT: {
    message: 'The extension did not answer in time.',
    kept: 'Lanspread and all other extensions go on; downloads and installed games are kept.',
    next: 'Try again. If it keeps happening, tell its author.',
  },
  EXTENSION_MISBEHAVED: {
    message: 'The extension broke the rules for extensions.',
    kept: 'Lanspread and all other extensions go on; downloads and installed games are kept.',
    next: 'Turn it off, and tell its author what the log says.',
  },
  // the rest
  INTERNAL: {
    message: 'Something went wrong.',
    kept: 'Downloads and installed games are kept.',
    next: 'Please report it with the log.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

/** Facts about one error, shown beside its message and carried in events (`peerId`, `file`, `block`, `neededBytes`…). */
export type ErrorDetails = Readonly<Record<string, unknown>>;

export interface LanspreadErrorOptions {
  /** One sentence about this case. Default: the table's message. */
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

  /** The form for RPC, JSONL and lane headers. */
  toJSON(): { code: ErrorCode; message: string } & Record<string, unknown> {
    return { ...this.details, code: this.code, message: this.message };
  }
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(errorTable, value);
}

const systemCodes: Record<string, ErrorCode> = {
  ENOSPC: 'DISK_FULL',
  EFBIG: 'FILE_TOO_LARGE',
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

/** Turns any thrown value into a LanspreadError: coded errors stay, system errors map by errno, others become `fallback`. */
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

/** Whether an error only reports a requested stop. */
export function isAbort(error: unknown): boolean {
  if (error instanceof LanspreadError) return error.code === 'CANCELLED' || error.code === 'SHUTTING_DOWN';
  return error instanceof Error && error.name === 'AbortError';
}

/** Whether a system error says that the file or folder does not exist. */
export function isNotFound(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}
