/** One thing that every sound extension does, and how it is told whether this one does it. */
import type { Clock, FileSystem } from '../../base/index.ts';
import type { Unpacker } from '../../content/index.ts';
import type { ExtensionManifest, UnpackerContribution } from '../manifest/index.ts';
import type { ExtensionHost } from '../types.ts';
import type { Sample } from './samples.ts';

export interface CheckContext {
  readonly directory: string;
  readonly manifest: ExtensionManifest;
  readonly host: ExtensionHost;
  /** How often its process has crashed, was killed or broke a rule. */
  readonly failures: () => number;
  /** Samples of the author, in `test/archives`. */
  readonly samples: readonly Sample[];
  /** A new empty folder, gone when the tests are over. */
  readonly newFolder: () => Promise<string>;
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface UnpackerContext extends CheckContext {
  readonly unpacker: Unpacker;
  readonly contribution: UnpackerContribution;
}

export interface Check {
  readonly name: string;
  /** Throws when the extension does not do it. A text says why it could not be tried. */
  run(context: CheckContext): Promise<string | void>;
}

/** A mistake of the extension; the message is for its author. */
export class CheckFailed extends Error {
  override readonly name = 'CheckFailed';
}

export function expect(condition: boolean, message: string): asserts condition {
  if (!condition) throw new CheckFailed(message);
}
