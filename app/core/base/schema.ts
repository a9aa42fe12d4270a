import type { z } from 'zod';
import { LanspreadError, type ErrorCode } from './errors.ts';

export interface ParseOptions {
  /** The name of the parsed data, for the message: "catalog", "Hello". */
  what: string;
  /** The code of the error. */
  code: ErrorCode;
}

/** Parses unknown data from outside. The error names the first wrong field. */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown, { what, code }: ParseOptions): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.length ? issue.path.join('.') : '(the whole)';
  throw new LanspreadError(code, {
    message: `Invalid ${what}: ${field}: ${issue?.message ?? 'not as expected'}.`,
    details: { field },
    cause: result.error,
  });
}

/** Parses JSON text from outside with a schema. */
export function parseJsonWith<T>(schema: z.ZodType<T>, text: string, options: ParseOptions): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new LanspreadError(options.code, { message: `Invalid ${options.what}: not JSON.`, cause });
  }
  return parseWith(schema, value, options);
}
