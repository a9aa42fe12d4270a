import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { platformStateDir } from '../boot/state-dir.mjs';
import { installedOptions } from './installed.ts';
import type { CoreOptions } from '../core/core.ts';

/** The options of every command that starts a core. */
export interface CoreFlags {
  gamesDir?: string;
  stateDir?: string;
  catalog?: string[];
  name?: string;
  listen?: string[];
  port?: number;
  lanePort?: number;
  discovery: boolean;
  peer?: string[];
  extension?: string[];
  logLevel?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_500) return port;
  throw new InvalidArgumentError('A port is a number from 1 to 65500.');
}

const gather = (value: string, earlier: string[] = []): string[] => [...earlier, value];

export function addStateFlag(command: Command): Command {
  return command.option('--state-dir <dir>', 'where settings, identity and the database live');
}

export function addCoreFlags(command: Command): Command {
  return addStateFlag(command)
    .option('--games-dir <dir>', 'where games are kept')
    .option('--catalog <file>', 'a catalog to load (repeatable)', gather)
    .option('--name <name>', 'the name others see')
    .option('--listen <ip>', 'listen on this address only (repeatable)', gather)
    .option('--port <port>', 'the port of the control plane, UDP and TCP (default: any)', portOf)
    .option('--lane-port <port>', 'the first TCP port of the byte lane (default: any)', portOf)
    .option('--no-discovery', 'do not look for others by mDNS')
    .option('--peer <multiaddr>', 'a peer to connect to (repeatable)', gather)
    .option('--extension <dir>', 'load an extension from the folder its author works on (repeatable)', gather)
    .addOption(
      new Option('--log-level <level>', 'what goes to stderr').choices(['debug', 'info', 'warn', 'error', 'silent']),
    );
}

const repository = fileURLToPath(new URL('../..', import.meta.url));
/** The built UI that the core serves: `npm ci` builds it. */
export const uiDirectory = fileURLToPath(new URL('../ui/dist', import.meta.url));

/** `state/` in a checkout, otherwise the platform's usual place. */
function defaultStateDir(): string {
  return existsSync(join(repository, 'tsconfig.json')) ? join(repository, 'state') : platformStateDir();
}

export function stateDirOf(flags: { stateDir?: string }): string {
  return resolve(flags.stateDir ?? defaultStateDir());
}

/** Turns the flags into the core's options; the caller adds the logger and the built-in extensions. */
export function coreOptionsOf(flags: CoreFlags): Omit<CoreOptions, 'logger' | 'builtInExtensions'> {
  return {
    stateDir: stateDirOf(flags),
    ...(flags.gamesDir !== undefined && { gamesDir: resolve(flags.gamesDir) }),
    ...(flags.name !== undefined && { name: flags.name }),
    ...(flags.listen && { listen: flags.listen }),
    ...(flags.port !== undefined && { controlPort: flags.port }),
    ...(flags.lanePort !== undefined && { lanePort: flags.lanePort }),
    catalogFiles: (flags.catalog ?? []).map((path) => resolve(path)),
    discovery: flags.discovery,
    peers: flags.peer ?? [],
    developmentExtensions: (flags.extension ?? []).map((directory) => ({ directory: resolve(directory) })),
    uiDirectory,
    ...installedOptions(),
  };
}
