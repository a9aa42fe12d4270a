/**
 * - `ARCHIVE_CORRUPT`: damaged, cut off, or not what its name says.
 * - `ARCHIVE_ENCRYPTED`: it needs a password.
 * - `ARCHIVE_HOSTILE`: it is made to do harm.
 */
export type ArchiveErrorCode = 'ARCHIVE_CORRUPT' | 'ARCHIVE_ENCRYPTED' | 'ARCHIVE_HOSTILE';

/**
 * Says what is wrong with an archive, in a way that the launcher explains to the player. The code is what counts: any
 * error with such a `code` will do. Whatever else an extension throws is shown as a failure of the extension.
 */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
  readonly code: ArchiveErrorCode;

  constructor(code: ArchiveErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
