/** Writes docs/errors.md from the table of error codes: `node build/errors-doc.ts`. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { errorTable, type ErrorEntry } from '../app/core/base/index.ts';

export const errorsDocumentPath = fileURLToPath(new URL('../docs/errors.md', import.meta.url));

const head = `# Errors

What Lanspread tells when something does not work, by code. The code is what programs compare; messages may say more about
the case at hand. Made by \`node build/errors-doc.ts\`; change \`app/core/base/errors.ts\` instead of this page.
`;

/** The page, codes in alphabetical order. */
export function errorsDocument(table: Readonly<Record<string, ErrorEntry>> = errorTable): string {
  const entries = Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1));
  const sections = entries.map(
    ([code, { message, kept, next }]) => `
## ${code}

${message}

- **Kept:** ${kept}
- **Next:** ${next}
`,
  );
  return head + sections.join('');
}

if (import.meta.main) writeFileSync(errorsDocumentPath, errorsDocument());
