import type { Unpacker } from '../../../app/core/content/index.ts';
import type { Entry } from '../entries.ts';

export interface UnpackerUnderTest {
  /** Names the suite. */
  readonly name: string;
  readonly create: () => Unpacker;
  /** How a file name of this kind ends, with the dot. */
  readonly extension: string;
  readonly pack: (path: string, entries: readonly Entry[], seed: string) => Promise<void>;
  /** Whether every file of what is packed stands alone, so that unpacking can begin at each. */
  readonly isPackedApart?: boolean;
  /** Left out where the kind knows no passwords. */
  readonly packEncrypted?: (path: string, entries: readonly Entry[], seed: string) => Promise<void>;
  /** Left out where the kind has no archive without entries. */
  readonly packEmpty?: (path: string) => Promise<void>;
  /** An archive that takes its tool a second or more, and what it unpacks to. */
  readonly packLarge: (path: string) => Promise<{ totalBytes: number }>;
}
