/** Decides which program a `play` starts, and how: from the catalog's entry to an argument vector. Pure. */
import { LanspreadError, type GameId } from '../base/index.ts';
import type { CatalogGame } from '../catalog/index.ts';
import { batchCommandLine } from './batch-command-line.ts';

export type LaunchEntry = CatalogGame['launch'][number];

export interface Player {
  readonly name: string;
  /** Such as `en` or `de`. */
  readonly language: string;
}

/** The launch entry with this label, or else the first one for this platform that starts no server. */
export function chooseLaunch(
  { id, launch }: Pick<CatalogGame, 'id' | 'launch'>,
  { label, platform }: { label: string | undefined; platform: NodeJS.Platform },
): LaunchEntry {
  const fitting = launch.filter((entry) => entry.platform === 'any' || entry.platform === platform);
  const entry =
    label === undefined
      ? (fitting.find(({ server }) => !server) ?? fitting[0])
      : fitting.find((candidate) => candidate.label === label);
  if (entry) return entry;
  const labels = fitting.map((candidate) => candidate.label);
  const message =
    labels.length === 0
      ? `The catalog does not say how ${id} is started on this system.`
      : `${id} has no launch entry ${JSON.stringify(label)}; there is ${labels.join(', ')}.`;
  throw new LanspreadError('NO_LAUNCH', { message, details: { gameId: id, labels } });
}

/** Fills in an entry's arguments; any other text in braces stays unchanged. */
export function expandArgument(text: string, { name, language }: Player): string {
  return text.replaceAll('{playerName}', () => name).replaceAll('{language}', () => language);
}

/** The variable that names one start of a game to all its processes. */
export const playVariable = 'LANSPREAD_PLAY';

/** `startedAt`: milliseconds since 1970. */
export function playOf(gameId: GameId, startedAt: number): string {
  return `${gameId}@${startedAt}`;
}

/** The variables that a game gets in addition to the launcher's own. */
export function gameEnvironment(
  gameId: GameId,
  { player: { name, language }, startedAt }: { player: Player; startedAt: number },
): Record<string, string> {
  return {
    LANSPREAD_GAME_ID: gameId,
    LANSPREAD_PLAYER_NAME: name,
    LANSPREAD_LANGUAGE: language,
    [playVariable]: playOf(gameId, startedAt),
  };
}

export interface StartPlan {
  readonly program: string;
  readonly args: readonly string[];
  /** Windows takes the last argument as the finished command line and quotes nothing again. */
  readonly verbatim: boolean;
}

interface CommandFacts {
  /** Absolute path of the file that the entry names. */
  readonly command: string;
  readonly args: readonly string[];
  readonly platform: NodeJS.Platform;
  /** The first line of the file if it is a script. */
  readonly firstLine: string;
  /** On Windows: the command interpreter (`ComSpec`). */
  readonly comSpec?: string | undefined;
}

const unixScript = /\.sh$/i;
const batchFile = /\.(cmd|bat)$/i;

/**
 * Plans how the file is run, never through a shell that would read the arguments again. A `.sh` file runs in the interpreter
 * that its first line names, so it needs no executable bit. Batch files can only run in `cmd.exe`, which gets a command line
 * quoted for it.
 */
export function planStart({ command, args, platform, firstLine, comSpec }: CommandFacts): StartPlan {
  if (platform === 'win32' && batchFile.test(command)) {
    const line = batchCommandLine(command, args);
    return { program: comSpec ?? 'cmd.exe', args: ['/d', '/s', '/v:off', '/c', `"${line}"`], verbatim: true };
  }
  if (platform !== 'win32' && unixScript.test(command)) {
    const [program, ...rest] = interpreterOf(firstLine);
    return { program, args: [...rest, command, ...args], verbatim: false };
  }
  return { program: command, args, verbatim: false };
}

/**
 * The reason why the system would not run this file as a program, or undefined. A file with unknown first bytes goes to a
 * shell, which would run a picture or a Windows program line by line. `start`: the first bytes of the file.
 */
export function whyNotProgram(start: Uint8Array, platform: NodeJS.Platform): string | undefined {
  if (platform === 'win32') return undefined;
  const magic = Buffer.from(start.subarray(0, 4)).toString('hex');
  if (magic.startsWith('2321')) return undefined;
  if (platform === 'darwin' ? machMagics.has(magic) : magic === elfMagic) return undefined;
  if (magic.startsWith('4d5a')) return 'It is a Windows program.';
  if (magic === elfMagic) return 'It is a Linux program.';
  if (machMagics.has(magic)) return 'It is a macOS program.';
  return 'It is no program, and no script with an interpreter in its first line.';
}

const elfMagic = '7f454c46';
const machMagics: ReadonlySet<string> = new Set(['cffaedfe', 'cefaedfe', 'cafebabe', 'feedface', 'feedfacf']);

/** `#!/usr/bin/env bash` → [`/usr/bin/env`, `bash`]. As in the kernel, everything after the first space is one argument. */
function interpreterOf(firstLine: string): [string, ...string[]] {
  const match = /^#!\s*(\S+)(?:\s+(.*\S))?\s*$/.exec(firstLine);
  const [, program, argument] = match ?? [];
  if (program === undefined) return ['/bin/sh'];
  return argument === undefined ? [program] : [program, argument];
}
