/** What a lane says of a file it could not write or read. */
import { basename } from 'node:path';
import { isNotFound, LanspreadError, toLanspreadError } from '../base/index.ts';
import type { FileWrite } from './types.ts';

/** Where files are made at their full size, a shorter one was cut. */
export function isCut({ sizeBytes }: Pick<FileWrite, 'sizeBytes'>, sizeNow: number): boolean {
  return process.platform !== 'win32' && sizeNow < sizeBytes;
}

/** Somebody else deleted or changed a file of a download that is under way. */
export function changedMeanwhile(path: string, cause?: unknown): LanspreadError {
  return new LanspreadError('IO_ERROR', {
    message: `${basename(path)} was changed or deleted by something else while it was downloaded; a resume fetches what is missing.`,
    details: { path },
    cause,
  });
}

/** Why a file of a download could not be opened. */
export function openError(
  error: unknown,
  { path, isBegun = false }: Pick<FileWrite, 'path' | 'isBegun'>,
): LanspreadError {
  return isBegun && isNotFound(error) ? changedMeanwhile(path, error) : diskError(error, path);
}

/** `DISK_FULL` when the disk or the quota is full, `FILE_TOO_LARGE`, else `IO_ERROR`; all name the file. */
export function diskError(error: unknown, path: string): LanspreadError {
  const coded = toLanspreadError(error, 'IO_ERROR');
  const code = coded.code === 'DISK_FULL' || coded.code === 'FILE_TOO_LARGE' ? coded.code : 'IO_ERROR';
  return new LanspreadError(code, { message: coded.message, details: { path }, cause: error });
}
