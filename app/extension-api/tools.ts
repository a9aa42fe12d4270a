import type { ArchiveErrorCode } from './archive-error.ts';
import type { Sink } from './archive.ts';
import type { Call } from './call.ts';

/** How the content of an archive is got out: the host does it, so that no byte takes the way through the extension. */
export type Plan = ToolPlan | SinkPlan;

/**
 * Run a tool of the manifest.
 *
 * - `destination`: it writes into its working directory, which is the destination. Only to install.
 * - `concatenated-stdout`: it prints the contents of all files, one after the other in the order of the listing; the
 *   host cuts them by their listed sizes.
 * - `tar-stdout`: it prints a tar archive with the entries of the listing.
 */
export interface ToolPlan extends ToolCommand {
  readonly kind: 'tool';
  readonly output: 'destination' | 'concatenated-stdout' | 'tar-stdout';
  /** A tool whose stdout this one reads as its stdin. */
  readonly input?: ToolCommand;
  /** Default: 0 alone. */
  readonly okExitCodes?: readonly number[];
  /** `percent`: it prints `42%` while it works. Left out, the host measures what it wrote. */
  readonly progress?: 'percent';
  /** What the tool's complaints on stderr mean, the first that fits; compared without regard to case. */
  readonly failures?: readonly ToolFailure[];
}

/** The extension unpacks by itself and gives everything to the host. For formats that no tool opens. */
export interface SinkPlan {
  readonly kind: 'sink';
  write(sink: Sink, call: Call): Promise<void>;
}

export interface ToolFailure {
  /** Part of a line on stderr. */
  readonly says: string;
  readonly means: ArchiveErrorCode | 'DISK_FULL';
}

/** A program of the manifest's `tools` that `permissions.tools` names; its hash is checked before it runs. */
export interface ToolCommand {
  readonly tool: string;
  /** No shell is in between. `archive` is the path of the archive's first file, `destination` that of the folder. */
  readonly args: readonly ToolArgument[];
}

export type ToolArgument =
  | string
  | { readonly ref: 'archive' | 'destination' }
  /** The path of a file with these lines, in UTF-8, behind a prefix such as `-x@`: for more than a command line holds. */
  | { readonly prefix: string; readonly lines: readonly string[] };

/** Runs tools to look into an archive: for listings and for telling what a compressed file holds. */
export interface ToolRunner {
  /**
   * Runs a tool on the archive of this call, in an empty temporary folder, without a shell. `destination` has no meaning
   * here. Resolves when it has ended, with whatever exit code; rejects when it cannot be started, when it does nothing for
   * 60 seconds and when the call is aborted, after it was killed.
   */
  runTool(tool: string, args: readonly ToolArgument[], options?: RunToolOptions): Promise<ToolResult>;
}

export interface RunToolOptions {
  /** A tool whose stdout this one reads as its stdin. */
  readonly input?: ToolCommand;
  /** How much of stdout is wanted, in bytes: at most 16 MiB, and 1 MiB when left out. Has no meaning with `onOutput`. */
  readonly maxOutputBytes?: number;
  /** What happens to a tool that prints more. Default: `stop`. */
  readonly beyond?: 'stop' | 'count';
  /** Takes stdout in pieces, up to 512 MiB in all; the tool waits until this resolves. */
  readonly onOutput?: (piece: Uint8Array) => void | Promise<void>;
}

export interface ToolResult {
  /** Undefined: it was stopped because it printed more than was wanted. */
  readonly exitCode: number | undefined;
  /** Empty when `onOutput` took it. */
  readonly stdout: Uint8Array;
  /** How much it printed, as far as it ran. */
  readonly stdoutBytes: number;
  /** The end of it, at most 4,000 characters. */
  readonly stderr: string;
  /** Exit code and stderr of `input`, when there was one. */
  readonly input?: { readonly exitCode: number | undefined; readonly stderr: string };
}
