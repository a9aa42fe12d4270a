import { errorTable, toLanspreadError, type ErrorCode, type LanspreadError } from '../base/index.ts';

/**
 * What another PC is told of an error of this one. The error's own message stays here: it may hold paths of this PC, its
 * user's name among them, and what a program printed. Names inside the game are common knowledge.
 */
export function wordsForStrangers(error: unknown, told?: ReadonlySet<ErrorCode>): { code: ErrorCode; message: string } {
  const coded = toLanspreadError(error);
  const isTold = told ? told.has(coded.code) : coded.code !== 'INTERNAL';
  const code = isTold ? coded.code : 'NOT_SERVED';
  const { message } = errorTable[code];
  if (!isTold) return { code, message: 'The sender could not read its own copy.' };
  const names = [quoted(coded, 'entry'), quoted(coded, 'file'), quoted(coded, 'needs')].filter(
    (name) => name !== undefined,
  );
  return { code, message: names.length === 0 ? message : `${message} (${names.join(' in ')})` };
}

const longestName = 300;

function quoted({ details }: LanspreadError, name: 'entry' | 'file' | 'needs'): string | undefined {
  const value = details[name];
  if (typeof value !== 'string' || value === '') return undefined;
  return JSON.stringify(value.slice(0, longestName));
}
