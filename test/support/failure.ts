import { LanspreadError } from '../../app/core/base/index.ts';

/** The coded error that work ends with. Throws anything else it throws, and when it succeeds. */
export async function failure(work: Promise<unknown>): Promise<LanspreadError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof LanspreadError) return error;
    throw error;
  }
  throw new Error('it succeeded');
}

/** The code of the error that work ends with; undefined when it succeeds. */
export async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error instanceof LanspreadError ? error.code : String(error);
  }
}
