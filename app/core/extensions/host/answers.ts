/** The answers that an extension may give. Any other answer is a violation that names the extension. */
import { z } from 'zod';
import { parseWith } from '../../base/index.ts';
import { maxEntryPathLength, maxGamesPerPage } from '../wire/index.ts';
import { blame, type Named } from './blame.ts';

const entrySchema = z.object({
  path: z.string().min(1).max(maxEntryPathLength),
  sizeBytes: z.int().min(0),
  kind: z.enum(['file', 'directory', 'symlink', 'hardlink', 'other']),
  executable: z.boolean().optional(),
  target: z.string().max(maxEntryPathLength).optional(),
  encrypted: z.boolean().optional(),
  packedBytes: z.int().min(0).optional(),
  startsBlock: z.boolean().optional(),
});

export const firstEntriesSchema = z.object({ total: z.int().min(0), entries: z.array(entrySchema) });
export const moreEntriesSchema = z.object({ entries: z.array(entrySchema).min(1) });
export const scoreSchema = z.object({ score: z.number().min(0).max(100) });
export const catalogPageSchema = z.object({
  games: z.array(z.unknown()).max(maxGamesPerPage),
  next: z.string().max(4_096).optional(),
  warnings: z.array(z.string().max(1_000)).max(100).optional(),
});

interface ParseAnswerOptions {
  readonly extension: Named;
  /** "a listing". */
  readonly what: string;
}

/** Throws `EXTENSION_MISBEHAVED`. */
export function parseAnswer<T>(schema: z.ZodType<T>, value: unknown, { extension, what }: ParseAnswerOptions): T {
  try {
    return parseWith(schema, value, { what, code: 'EXTENSION_MISBEHAVED' });
  } catch (cause) {
    const reason =
      cause instanceof Error ? cause.message.replace(`Invalid ${what}: `, '').replace(/\.$/, '') : 'not as expected';
    throw blame('EXTENSION_MISBEHAVED', extension, { what: `answered with what is not ${what}: ${reason}`, cause });
  }
}
