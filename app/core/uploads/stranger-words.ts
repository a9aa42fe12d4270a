import { errorTable, quoted, toLanspreadError, type ErrorCode, type LanspreadError } from '../base/index.ts';

/**
 * The words in which another PC hears of an error on this one. The error's own message stays here: it may hold paths of
 * this PC, its user's name, or the output of a program. Names inside the game are common knowledge.
 */
export function wordsForStrangers(error: unknown, told?: ReadonlySet<ErrorCode>): { code: ErrorCode; message: string } {
  const coded = toLanspreadError(error);
  const isTold = told ? told.has(coded.code) : coded.code !== 'INTERNAL';
  const code = isTold ? coded.code : 'NOT_SERVED';
  const { message } = errorTable[code];
  if (!isTold) return { code, message: 'The sender could not read its own copy.' };
  const end = endOf(coded);
  const names = [nameIn(coded, 'entry'), nameIn(coded, 'file'), nameIn(coded, 'needs')].filter(
    (name) => name !== undefined,
  );
  if (end !== undefined) return { code, message: `${message} (${end})` };
  return { code, message: names.length === 0 ? message : `${message} (${names.join(' in ')})` };
}

const longestName = 300;

function nameIn({ details }: LanspreadError, name: 'entry' | 'file' | 'needs'): string | undefined {
  const value = details[name];
  if (typeof value !== 'string' || value === '') return undefined;
  return quoted(value.slice(0, longestName));
}

/** How a tool ended, if nothing else is known. */
function endOf({ code, details }: LanspreadError): string | undefined {
  if (code !== 'UNPACKER_FAILED' || !('exitCode' in details)) return undefined;
  const { exitCode } = details;
  if (exitCode === null) return 'something else on the PC ended it';
  return typeof exitCode === 'number' ? `exit code ${exitCode}` : undefined;
}
