/** Errors of the core in this window's language. */
import { errorTable, isErrorCode, type ErrorDetails } from '../../core/rpc/client.ts';
import { detailedText } from '../i18n/error-text.ts';
import { errorTexts, keptText } from '../i18n/errors.ts';
import { i18n, t } from '../i18n/i18n.svelte.ts';
import { room } from './room.svelte.ts';

/** An error of the core, from a refused command or a failed operation. */
interface Refusal {
  readonly code: string;
  readonly message?: string | undefined;
  readonly details?: ErrorDetails | undefined;
}

/** Explains an error in this window's language: what happened and what to do next. */
export function explain({ code, message, details = {} }: Refusal): string {
  if (!isErrorCode(code)) return message ?? code;
  const entry = i18n.language === 'en' ? errorTable[code] : (errorTexts[i18n.language][code] ?? errorTable[code]);
  const detailed = detailedText(i18n.language, { code, details, nameOf: (peerId) => room.nameOf(peerId) });
  // The core's own sentence knows this case; it is English.
  const happened = detailed ?? (i18n.language === 'en' && message ? message : entry.message);
  return plain(t('error.next', { message: happened, next: entry.next }));
}

/** What a failure kept; undefined when nothing changed or it is unknown. */
export function keptAfter(code: string): string | undefined {
  return isErrorCode(code) ? keptText(i18n.language, code) : undefined;
}

/** The core's texts mark commands as a terminal's help does. */
function plain(text: string): string {
  return i18n.language === 'de' ? text.replaceAll(/`([^`]*)`/g, '„$1“') : text.replaceAll(/`([^`]*)`/g, '“$1”');
}
