/** Writes the JSON Schema of an extension's manifest, for editors: `node build/extension-schema.ts`. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { manifestJsonSchema } from '../app/core/extensions/manifest/index.ts';

export const schemaPath = fileURLToPath(new URL('../app/extension-api/manifest.schema.json', import.meta.url));

/** The file's content, as the source has it now. */
export function schemaText(): string {
  return `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`;
}

if (import.meta.main) writeFileSync(schemaPath, schemaText());
