/** The errors of the core for people who do not read English; the English texts are the core's own. */
import type { ErrorCode, ErrorEntry } from '../../core/rpc/client.ts';
import { errorsDe } from './errors-de.ts';

export const errorTexts: Record<'de', Partial<Record<ErrorCode, Pick<ErrorEntry, 'message' | 'next'>>>> = {
  de: errorsDe,
};
