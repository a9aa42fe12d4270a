/** The errors of the core for people who do not read English; the English texts are the core's own. */
import { errorTable, type ErrorCode, type ErrorEntry } from '../../core/rpc/client.ts';
import type { Language } from './define.ts';
import { errorsDe } from './errors-de.ts';
import { keptDe } from './kept-de.ts';

export const errorTexts: Record<'de', Partial<Record<ErrorCode, Pick<ErrorEntry, 'message' | 'next'>>>> = {
  de: errorsDe,
};

/** Of an error that left everything as it was. */
const nothingChanged = errorTable.UP_TO_DATE.kept;

/** What was kept, as a sentence; undefined where nothing was changed at all. */
export function keptText(language: Language, code: ErrorCode): string | undefined {
  const { kept } = errorTable[code];
  if (kept === nothingChanged) return undefined;
  return language === 'en' ? kept : (keptDe[code] ?? kept);
}
