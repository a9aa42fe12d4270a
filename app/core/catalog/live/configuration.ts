/** Checks an operator's configuration of a live source against the schema of its extension. Pure. */
import { z } from 'zod';
import { LanspreadError, parseWith } from '../../base/index.ts';
import { folderFieldsOf, folderPatternsOf, type FolderField } from './configured-folders.ts';

export type Configured =
  | { readonly kind: 'ready'; readonly value: unknown; readonly fields: FolderField[]; readonly patterns: string[] }
  | { readonly kind: 'unconfigured'; readonly error: LanspreadError | undefined };

/** The largest configuration, in bytes of JSON. */
const maxBytes = 64 * 1024;

/** The configuration with the schema's defaults. Throws `BAD_REQUEST`. */
export function parseConfiguration(schema: unknown, configuration: unknown): unknown {
  if ((JSON.stringify(configuration)?.length ?? 0) > maxBytes)
    throw new LanspreadError('BAD_REQUEST', { message: `The configuration is over ${maxBytes} bytes.` });
  if (schema === undefined) return configuration ?? {};
  const parsed = parseWith(schemaOf(schema), configuration ?? {}, { what: 'configuration', code: 'BAD_REQUEST' });
  folderPatternsOf(parsed, folderFieldsOf(schema));
  return parsed;
}

/** A source whose folders are not named has nothing to ask for. */
export function judgeConfiguration(schema: unknown, configuration: unknown): Configured {
  const fields = folderFieldsOf(schema);
  try {
    const value = parseConfiguration(schema, configuration);
    const patterns = folderPatternsOf(value, fields);
    if (fields.length > 0 && patterns.length === 0) return { kind: 'unconfigured', error: undefined };
    return { kind: 'ready', value, fields, patterns };
  } catch (error) {
    if (!(error instanceof LanspreadError)) throw error;
    // Nothing was set yet: that what is required is missing is no error.
    return { kind: 'unconfigured', error: configuration === undefined ? undefined : error };
  }
}

function schemaOf(schema: unknown): z.ZodType<unknown> {
  try {
    // It throws for anything that is no JSON Schema.
    return z.fromJSONSchema(schema as z.core.JSONSchema.JSONSchema);
  } catch (cause) {
    throw new LanspreadError('BAD_REQUEST', { message: 'The schema of this configuration cannot be read.', cause });
  }
}
