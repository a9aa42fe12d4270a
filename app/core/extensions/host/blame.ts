/** Errors that name the extension. */
import { pathToFileURL } from 'node:url';
import { ResponseError } from 'vscode-jsonrpc/node';
import { z } from 'zod';
import { LanspreadError, type ErrorCode } from '../../base/index.ts';
import { hostRefused } from '../wire/index.ts';

export interface Named {
  readonly id: string;
  readonly manifest: { readonly displayName: string };
  /** Where it lies, absolute. */
  readonly directory?: string;
}

type BlameCode =
  | 'EXTENSION_FAILED'
  | 'EXTENSION_CRASHED'
  | 'EXTENSION_TIMEOUT'
  | 'EXTENSION_MISBEHAVED'
  | 'EXTENSION_DISABLED';

/** `what` goes on after the name: "did not answer". */
export function blame(
  code: BlameCode,
  extension: Named,
  { what, cause, details }: { what: string; cause?: unknown; details?: Record<string, unknown> },
): LanspreadError {
  return new LanspreadError(code, {
    message: `${extension.manifest.displayName} (${extension.id}) ${what}.`,
    details: { extensionId: extension.id, ...details },
    ...(cause !== undefined && { cause }),
  });
}

/** Codes that an extension may give for an archive, or pass on from an answer of the host in the same call. */
const passable: ReadonlySet<string> = new Set([
  'ARCHIVE_CORRUPT',
  'ARCHIVE_ENCRYPTED',
  'ARCHIVE_HOSTILE',
  'ARCHIVE_UNSUPPORTED',
  'VOLUME_MISSING',
  'NO_UNPACKER',
  'UNPACKER_FAILED',
  'DISK_FULL',
] satisfies ErrorCode[]);

const thrownSchema = z.object({
  code: z.string().max(200).optional(),
  entry: z.string().max(300).optional(),
  file: z.string().max(300).optional(),
  stack: z.string().max(20_000).optional(),
});

/** Where in the extension it happened, by the first of its files that the stack names: `src/main.ts:4`. */
function placeIn(stack: string | undefined, directory: string | undefined): string | undefined {
  if (stack === undefined || directory === undefined) return undefined;
  const folder = `${pathToFileURL(directory).href.replace(/\/$/, '')}/`;
  const at = stack.indexOf(folder);
  const place = at < 0 ? undefined : /^[^\s:)]+:\d+/.exec(stack.slice(at + folder.length))?.[0];
  return place?.slice(0, 300);
}

/** Explains messages of Node that say too little. */
function hintOf(said: string): string {
  if (/module '@lanspread\/extension-api' does not provide an export/.test(said))
    return ' (types are imported with `import type`)';
  return '';
}

/** The error of a request that an extension answered with an error. */
export function errorOfAnswer(error: unknown, extension: Named): LanspreadError {
  if (error instanceof LanspreadError) return error;
  const said = error instanceof Error ? error.message.slice(0, 2_000) : 'no reason';
  const thrown = thrownSchema.safeParse(error instanceof ResponseError ? (error.data ?? {}) : {});
  const { code, entry, file, stack } = thrown.data ?? {};
  const cause = stack ?? error;
  if (code !== undefined && passable.has(code))
    // A member of `passable` is an `ErrorCode`.
    return new LanspreadError(code as ErrorCode, {
      message: said,
      details: {
        extensionId: extension.id,
        ...(file !== undefined && { file }),
        ...(entry !== undefined && { entry }),
      },
      cause,
    });
  const place = placeIn(stack, extension.directory);
  const what = `failed${place === undefined ? '' : ` in ${place}`}: ${said}${hintOf(said)}`;
  return blame('EXTENSION_FAILED', extension, { what, cause });
}

/** A refusal of the host, in the form that goes to the extension. */
export function refusal(error: unknown): ResponseError<{ code?: string }> {
  const code = error instanceof LanspreadError ? error.code : undefined;
  const message = error instanceof Error ? error.message : 'refused';
  return new ResponseError(hostRefused, message.slice(0, 2_000), { ...(code && { code }) });
}
