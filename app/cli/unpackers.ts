import { createSevenZipUnpacker } from '../extensions/seven-zip/index.ts';
import type { CoreOptions } from '../core/core.ts';

/** The unpackers that ship with Lanspread. */
export function builtInUnpackers(): CoreOptions['unpackers'] {
  return [createSevenZipUnpacker()];
}
