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
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
  readonly code: ArchiveErrorCode;
  readonly entry: string | undefined;
  readonly file: string | undefined;

  constructor(code: ArchiveErrorCode, message: string, options: ArchiveErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.entry = options.entry;
    this.file = options.file;
  }
}
