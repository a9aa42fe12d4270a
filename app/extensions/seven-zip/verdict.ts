import { LanspreadError, type ErrorCode } from '../../core/base/index.ts';
import type { ToolExit } from './tool.ts';

/** In the order in which they are looked for: a wrong password also shows as a data error. */
const verdicts: readonly (readonly [RegExp, ErrorCode])[] = [
  [/wrong password|encrypted archive|encrypted file/i, 'ARCHIVE_ENCRYPTED'],
  [/no space left|not enough space|disk full|quota exceeded/i, 'DISK_FULL'],
  [/dangerous link/i, 'ARCHIVE_HOSTILE'],
  [
    /data error|crc failed|headers error|unexpected end|cannot open the file as|can'?t open as archive|is not archive|unavailable data|unavailable start|missing volume|unsupported method|checksum error/i,
    'ARCHIVE_CORRUPT',
  ],
];

/** 0 is fine; 1 is a warning, after which the host compares the result with the listing anyway. */
export function isSuccess({ exitCode }: ToolExit): boolean {
  return exitCode === 0 || exitCode === 1;
}

/**
 * The error that a failed run means, with the end of what the tool said. `fallback` is for what it did not explain:
 * a listing keeps silent about broken headers.
 */
export function toError({ exitCode, stderr }: ToolExit, fallback: ErrorCode = 'UNPACKER_FAILED'): LanspreadError {
  const code =
    verdicts.find(([pattern]) => pattern.test(stderr))?.[1] ?? (exitCode === 2 ? fallback : 'UNPACKER_FAILED');
  const said = stderr
    .trim()
    .replaceAll(/\s*\n\s*/g, ' · ')
    .slice(-500);
  return new LanspreadError(code, {
    message: `The unpacker stopped: ${said || `exit code ${exitCode}`}`,
    details: { exitCode },
  });
}
