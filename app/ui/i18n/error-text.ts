/** Explains what happened, with the figures and names of the case where they are known. Pure. */
import {
  errorDetailKinds,
  tellingDetails,
  type DetailKind,
  type ErrorCode,
  type ErrorDetails,
} from '../../core/rpc/client.ts';
import type { TellingDetail } from '../../core/rpc/client.ts';
import type { Language } from './define.ts';
import { errorsDetailed, faultWords, operationWords, reasonWords } from './errors-detailed.ts';
import { fill, formatBytes, formatList, formatNumber, formatSeconds, type Values } from './translate.ts';

interface ErrorCase {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  /** The name of a PC. */
  readonly nameOf: (peerId: string) => string;
}

/** Undefined when there is no such sentence, or the error lacks the details for it. */
export function detailedText(language: Language, { code, details, nameOf }: ErrorCase): string | undefined {
  const kinds = errorDetailKinds[code];
  const sentences = errorsDetailed[language][code];
  if (!kinds || !sentences) return undefined;
  const values: Record<string, string> = {};
  for (const [name, detail] of Object.entries(tellingDetails(code, details))) {
    const kind = kinds[name];
    const text = kind && wordsOf(kind, detail, { language, nameOf });
    if (text !== undefined && text !== '') values[name] = text;
  }
  const sentence = sentences.find((one) => placeholdersOf(one).every((name) => name in values));
  return sentence === undefined ? undefined : fill(sentence, language, values satisfies Values);
}

export function placeholdersOf(sentence: string): string[] {
  return Array.from(sentence.matchAll(/\{(\w+)\}/g), ([, name = '']) => name);
}

function wordsOf(
  kind: DetailKind,
  detail: TellingDetail,
  { language, nameOf }: { language: Language; nameOf: (peerId: string) => string },
): string | undefined {
  if (typeof detail === 'number') {
    if (kind === 'bytes') return formatBytes(language, detail);
    return kind === 'seconds' ? formatSeconds(language, detail) : formatNumber(language, detail);
  }
  if (typeof detail !== 'string') return detail.map(({ peers }) => formatList(language, peers.map(nameOf))).join(' – ');
  if (kind === 'peer') return nameOf(detail);
  // A word that is not known here says nothing: the plain sentence does.
  if (kind === 'operation') return operationWords[language][detail];
  if (kind === 'fault') return faultWords[language][detail];
  return kind === 'reason' ? reasonWords[language][detail] : detail;
}
