/** The command lines for 7-Zip, and the meaning of its messages. */
import { ArchiveError, type ToolFailure, type ToolResult } from '../../extension-api/index.ts';

/** The tool's name in the manifest. */
export const tool = '7zz';

/**
 * Answers yes to everything, uses an empty password so that it never asks, writes names in UTF-8, ignores alternate streams
 * of NTFS, and takes every name literally, including `*` and `?`.
 */
const common = ['-y', '-p', '-sccUTF-8', '-sns-', '-spd'];
/** Makes a listing with entries only. */
export const withoutHead = '-ba';
export const listArguments = ['l', '-slt', withoutHead, ...common];
/** Writes only progress to stdout. */
export const extractArguments = ['x', '-bso0', '-bsp1', ...common];
/** Writes the content of a single compressed file to stdout and progress to stderr. */
export const streamArguments = ['x', '-so', '-bsp2', ...common];
/** The same without progress, because nothing reads it. */
export const contentArguments = ['x', '-so', '-bsp0', ...common];

/** 1 is a warning; the host compares the result with the listing anyway. */
export const okExitCodes = [0, 1];

/** In order of priority: a wrong password also shows as a data error. */
const meanings: readonly (readonly [ToolFailure['means'], readonly string[]])[] = [
  ['VOLUME_MISSING', ['missing volume']],
  ['ARCHIVE_ENCRYPTED', ['wrong password', 'encrypted archive', 'encrypted file']],
  ['DISK_FULL', ['no space left', 'not enough space', 'disk full', 'quota exceeded']],
  ['ARCHIVE_HOSTILE', ['dangerous link']],
  ['ARCHIVE_UNSUPPORTED', ['unsupported method']],
  [
    'ARCHIVE_CORRUPT',
    [
      'data error',
      'crc failed',
      'headers error',
      'unexpected end',
      'cannot open the file as',
      "can't open as archive",
      'cant open as archive',
      'is not archive',
      'unavailable data',
      'unavailable start',
      'checksum error',
      'after the end of',
    ],
  ],
];

export const failures: readonly ToolFailure[] = meanings.flatMap(([means, texts]) =>
  texts.map((says) => ({ says, means })),
);

/** Progress that 7-Zip prints and then overwrites, to the end of each overwritten line. */
// oxlint-disable-next-line no-control-regex
const progressText = /[^\n]*[\b\r](?!\n)/g;

type ToolEnd = Pick<ToolResult, 'exitCode' | 'stderr'>;

function isOk({ exitCode }: ToolEnd): boolean {
  return exitCode !== undefined && okExitCodes.includes(exitCode);
}

/**
 * Throws for a failed run. A broken input stream also causes the errors of its reader, unless the reader ended first.
 * `unexplained` is for failures without a message: a listing says nothing about broken headers.
 */
export function throwIfFailed(result: ToolResult, unexplained?: 'ARCHIVE_CORRUPT'): void {
  const failed = [...(result.input ? [result.input] : []), result].filter((end) => !isOk(end));
  const worst = failed.find(({ exitCode }) => exitCode !== undefined) ?? failed[0];
  if (!worst) return;
  const lower = worst.stderr.toLowerCase();
  // Without an exit code its reader ended first: the unpacked data had ended before the stream itself did.
  const isUnexplained = worst.exitCode === 2 || worst.exitCode === undefined;
  const means = failures.find(({ says }) => lower.includes(says))?.means ?? (isUnexplained ? unexplained : undefined);
  const said = worst.stderr
    .replaceAll(progressText, '')
    .trim()
    .replaceAll(/\s*\n\s*/g, ' · ')
    .slice(-500);
  const message = `7-Zip stopped: ${said || `exit code ${worst.exitCode}`}`;
  if (means === 'VOLUME_MISSING') {
    const [, file = ''] = /missing volume\s*:\s*([^\n]+)/i.exec(worst.stderr) ?? [];
    const name = file.trim().replace(/^.*[/\\]/, '');
    throw new ArchiveError(means, `The volume ${JSON.stringify(name)} is missing.`, { file: name });
  }
  if (means === undefined || means === 'DISK_FULL')
    throw Object.assign(new Error(message), { code: 'UNPACKER_FAILED' });
  throw new ArchiveError(means, message);
}
