import type { ErrorCode } from '../base/index.ts';

/** What a sender tells of why it does not stream, and what a receiver believes of it; the rest is a PC's own affair. */
export const toldCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'GAME_NOT_FOUND',
  'MANIFEST_PENDING',
  'MANIFEST_MISMATCH',
  'NOT_SERVED',
  'TOO_MANY_REQUESTS',
  'NO_ARCHIVE',
  'NO_UNPACKER',
  'ARCHIVE_CORRUPT',
  'ARCHIVE_ENCRYPTED',
  'ARCHIVE_HOSTILE',
  'ARCHIVE_UNSUITABLE',
  'UNPACKER_FAILED',
]);
