import { errorTable, isErrorCode, toLanspreadError } from '../base/index.ts';

/** Any error in the form that leaves the core: code, message, details, and the error table's advice for people. */
export function toCodedError(
  error: unknown,
): { code: string; message: string; kept: string; next: string } & Record<string, unknown> {
  const coded = toLanspreadError(error);
  const { kept, next } = errorTable[coded.code];
  return { ...coded.toJSON(), kept, next };
}

/** The table's advice for a code that came as text: what was kept, and what to do next. */
export function errorAdvice(code: string): string {
  if (!isErrorCode(code)) return '';
  const { kept, next } = errorTable[code];
  return `${kept} ${next}`;
}
