/** What a peer may refuse blocks with. */
import { LanspreadError, type ErrorCode } from '../base/index.ts';

const refusals: ReadonlySet<string> = new Set<ErrorCode>([
  'GAME_NOT_FOUND',
  'MANIFEST_PENDING',
  'MANIFEST_MISMATCH',
  'BLOCK_NOT_AVAILABLE',
  'NOT_SERVED',
  'TOO_MANY_REQUESTS',
]);

/**
 * A peer's refusal as an error. A code that no serve gate gives becomes `NOT_SERVED`: its full disk, or its word that ours is
 * full, is no fault of this PC and ends no download.
 */
export function refusalOf({ code, message }: { code: string; message: string }, peerId: string): LanspreadError {
  const known = refusals.has(code) ? (code as ErrorCode) : 'NOT_SERVED';
  return new LanspreadError(known, { message, details: { peerId } });
}
