/** How 7-Zip is spoken to, and what it means by what it says. */
import { ArchiveError, type ToolFailure, type ToolResult } from '../../extension-api/index.ts';

/** Its name in the manifest. */
export const tool = '7zz';

/**
 * Yes to everything, no password (an empty one, so that it never asks), names in UTF-8, no alternate streams of NTFS,
 * every name means itself, `*` and `?` included.
 */
const common = ['-y', '-p', '-sccUTF-8', '-sns-', '-spd'];
/** A listing of entries alone. */
export const withoutHead = '-ba';
export const listArguments = ['l', '-slt', withoutHead, ...common];
/** Progress on stdout and nothing else there. */
export const extractArguments = ['x', '-bso0', '-bsp1', ...common];
/** The content of a single compressed file on stdout, progress on stderr. */
export const streamArguments = ['x', '-so', '-bsp2', ...common];
/** The same without a word about progress: nobody reads it. */
export const contentArguments = ['x', '-so', '-bsp0', ...common];

/** 1 is a warning; the host compares the result with the listing anyway. */
export const okExitCodes = [0, 1];

/** In the order in which they are looked for: a wrong password also shows as a data error. */
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

/** What it prints of its progress and takes back, to the end of each line that it writes over. */
// oxlint-disable-next-line no-control-regex
const progressText = /[^\n]*[\b\r](?!\n)/g;

type ToolEnd = Pick<ToolResult, 'exitCode' | 'stderr'>;

function isOk({ exitCode }: ToolEnd): boolean {
  return exitCode !== undefined && okExitCodes.includes(exitCode);
}

/**
 * Throws for a run that failed. A broken stream is the cause of whatever the reader behind it says, unless that one left
 * first. `unexplained` is for what 7-Zip says nothing about: a listing keeps silent about broken headers.
 */
export function throwIfFailed(result: ToolResult, unexplained?: 'ARCHIVE_CORRUPT'): void {
  const failed = [...(result.input ? [result.input] : []), result].filter((end) => !isOk(end));
  const worst = failed.find(({ exitCode }) => exitCode !== undefined) ?? failed[0];
  if (!worst) return;
  const lower = worst.stderr.toLowerCase();
  // Without an exit code its reader left first: what it unpacked was at its end before it was itself.
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
